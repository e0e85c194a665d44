"""The page "You" of a shared server: who a visitor is, what they may do, and what is stored about them."""
