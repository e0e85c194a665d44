"""The page "You" of a shared server: who a visitor is, what he may do, and what is stored about him."""
