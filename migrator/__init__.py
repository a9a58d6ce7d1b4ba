"""Five migrations of agent tools' state, one lifecycle."""
