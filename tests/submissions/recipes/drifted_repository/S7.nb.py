!git clone https://github.com/somebody/course-helpers
%cd course-helpers

# %%
import torch.optim as optim
from fitting import get_trainer
trainer = get_trainer(epochs=20)

# %%
trainer.run()
trainer.optimizer.step()
