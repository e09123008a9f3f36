module tarother

go 1.24.0
