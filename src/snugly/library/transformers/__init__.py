"""``transformers``: tokenizers, configurations, and networks by what their heads return."""
