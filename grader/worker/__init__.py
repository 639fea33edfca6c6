"""The only code that runs beside student code: load, measure, train, predict. It knows no label it need not."""
