"""Work in pieces of (tenant shard, day): one after the other here, or on the machines of a Dask cluster."""
