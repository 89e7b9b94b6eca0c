"""SNG6xx: class weights and positive weights."""
