"""Published tables: a declared schema and `read(*, tenant, …)` each. The only public face of the pipelines."""
