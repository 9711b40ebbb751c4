//! Did it help? The incident's own symptoms after the action against what the plan froze before.
