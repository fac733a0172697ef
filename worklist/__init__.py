"""The worklist («Дела»): everything somebody outside was told will be seen to, each with a clock and an ending."""
