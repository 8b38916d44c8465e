"""UNetTiny measured: zero-real-defect training, supervised folds, exports, latency, load."""
