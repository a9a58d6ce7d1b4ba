"""Disposable places where a system under test runs: one interface, from a container to a bare process."""
