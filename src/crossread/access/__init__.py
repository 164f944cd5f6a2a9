"""The one rule of access: who may see which study, for what, in which form, and why not."""
