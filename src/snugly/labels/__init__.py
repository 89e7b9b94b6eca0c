"""Audits labels and computes class weights."""
