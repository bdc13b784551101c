"""Ways of reaching a person: one port (`port.Notifier`), one module a technology, `choose.choose` to pick."""
