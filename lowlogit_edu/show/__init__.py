"""Pictures and pages of what was learned and measured; the pictures of explorers are drawn in `widgets`."""
