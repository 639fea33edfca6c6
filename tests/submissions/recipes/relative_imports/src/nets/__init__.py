from .network import Net
