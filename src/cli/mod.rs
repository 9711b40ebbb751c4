//! What the commands print.
