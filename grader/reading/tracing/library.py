"""What is known of the libraries that training code uses: data sets, optimizers, schedules, losses, signatures.

Nothing is imported: these are names and the order of parameters, as torch 2, torchvision and albumentations
document them.
"""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set of names."""
    return frozenset(text.split())


IMAGES = {
    "MNIST": (60_000, 10_000),
    "FashionMNIST": (60_000, 10_000),
    "KMNIST": (60_000, 10_000),
    "CIFAR10": (50_000, 10_000),
    "CIFAR100": (50_000, 10_000),
    "SVHN": (73_257, 26_032),
}
"""Images in the training and in the test part of a data set."""

OPTIMIZERS = words(
    "SGD Adam AdamW Adamax Adadelta Adagrad ASGD NAdam RAdam RMSprop Rprop LBFGS SparseAdam Adafactor Muon "
    "Lion Ranger AdaBelief LAMB Lamb MADGRAD RangerLars"
)
SCHEDULES = words(
    "StepLR MultiStepLR ConstantLR LinearLR ExponentialLR PolynomialLR CosineAnnealingLR SequentialLR ChainedScheduler "
    "CosineAnnealingWarmRestarts CyclicLR OneCycleLR ReduceLROnPlateau LambdaLR MultiplicativeLR SWALR"
)
COMPOSERS = frozenset({"Compose", "Sequential", "ReplayCompose"})
LOADERS = frozenset({"DataLoader", "FastDataLoader", "MultiEpochsDataLoader"})
PASS_THROUGH = frozenset(
    {"enumerate", "tqdm", "tqdm_notebook", "iter", "zip", "trange", "track", "progress_bar", "islice"}
)
SAME_MODEL = frozenset(
    {"DataParallel", "DistributedDataParallel", "compile", "deepcopy", "copy", "convert_model", "script"}
)
"""Calls that give back the model that they are given."""
SAME_OBJECT = words(
    "to cuda cpu float double half bfloat16 xpu mps requires_grad_ apply share_memory detach clone contiguous type "
    "squeeze unsqueeze mean sum item numpy"
)
"""Methods whose result stands for the object itself."""

_LOSS_FUNCTIONS = words(
    "nll_loss cross_entropy mse_loss l1_loss smooth_l1_loss huber_loss kl_div binary_cross_entropy "
    "binary_cross_entropy_with_logits multi_margin_loss multilabel_margin_loss hinge_embedding_loss soft_margin_loss"
)
_LOSS_CLASSES = {
    "NLLLoss": "nll_loss",
    "CrossEntropyLoss": "cross_entropy",
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "MultiMarginLoss": "multi_margin_loss",
}

_SIGNATURES = {
    "SGD": "params lr momentum dampening weight_decay nesterov",
    "Adam": "params lr betas eps weight_decay amsgrad",
    "AdamW": "params lr betas eps weight_decay amsgrad",
    "NAdam": "params lr betas eps weight_decay momentum_decay",
    "RAdam": "params lr betas eps weight_decay",
    "Adamax": "params lr betas eps weight_decay",
    "Adadelta": "params lr rho eps weight_decay",
    "Adagrad": "params lr lr_decay weight_decay",
    "RMSprop": "params lr alpha eps weight_decay momentum centered",
    "StepLR": "optimizer step_size gamma last_epoch",
    "MultiStepLR": "optimizer milestones gamma last_epoch",
    "ExponentialLR": "optimizer gamma last_epoch",
    "ConstantLR": "optimizer factor total_iters last_epoch",
    "LinearLR": "optimizer start_factor end_factor total_iters last_epoch",
    "CosineAnnealingLR": "optimizer T_max eta_min last_epoch",
    "CosineAnnealingWarmRestarts": "optimizer T_0 T_mult eta_min last_epoch",
    "LambdaLR": "optimizer lr_lambda last_epoch",
    "CyclicLR": "optimizer base_lr max_lr step_size_up step_size_down mode gamma",
    "OneCycleLR": "optimizer max_lr total_steps epochs steps_per_epoch pct_start anneal_strategy cycle_momentum "
    "base_momentum max_momentum div_factor final_div_factor three_phase last_epoch",
    "ReduceLROnPlateau": "optimizer mode factor patience threshold threshold_mode cooldown min_lr eps",
    "DataLoader": "dataset batch_size shuffle sampler batch_sampler num_workers",
    "MNIST": "root train transform target_transform download",
    "FashionMNIST": "root train transform target_transform download",
    "KMNIST": "root train transform target_transform download",
    "CIFAR10": "root train transform target_transform download",
    "CIFAR100": "root train transform target_transform download",
    "SVHN": "root split transform target_transform download",
    "ImageFolder": "root transform target_transform",
    "Subset": "dataset indices",
    "random_split": "dataset lengths generator",
    "Normalize": "mean std inplace",
    "RandomRotation": "degrees interpolation expand center fill",
    "RandomAffine": "degrees translate scale shear interpolation fill center",
    "RandomCrop": "size padding pad_if_needed fill padding_mode",
    "CenterCrop": "size",
    "Resize": "size interpolation max_size antialias",
    "RandomResizedCrop": "size scale ratio interpolation antialias",
    "RandomHorizontalFlip": "p",
    "RandomVerticalFlip": "p",
    "RandomErasing": "p scale ratio value inplace",
    "RandomApply": "transforms p",
    "RandomPerspective": "distortion_scale p interpolation fill",
    "ColorJitter": "brightness contrast saturation hue",
    "Grayscale": "num_output_channels",
    "Pad": "padding fill padding_mode",
    "Lambda": "lambd",
    "ToDtype": "dtype scale",
    "Compose": "transforms p",
    "Sequential": "transforms p",
    "OneOf": "transforms p",
    "HorizontalFlip": "p",
    "VerticalFlip": "p",
}
_ALBUMENTATIONS = {
    "Normalize": "mean std max_pixel_value normalization p",
    "RandomCrop": "height width",
    "CenterCrop": "height width",
    "Resize": "height width interpolation",
    "PadIfNeeded": "min_height min_width",
    "CoarseDropout": "max_holes max_height max_width min_holes min_height min_width fill_value mask_fill_value",
    "Cutout": "num_holes max_h_size max_w_size fill_value",
    "Rotate": "limit interpolation border_mode",
    "ShiftScaleRotate": "shift_limit scale_limit rotate_limit interpolation border_mode",
}

WELL_KNOWN = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "torchvision": "torchvision",
    "transforms": "torchvision.transforms",
    "datasets": "torchvision.datasets",
    "np": "numpy",
    "plt": "matplotlib.pyplot",
    "DataLoader": "torch.utils.data.DataLoader",
    "tqdm": "tqdm.tqdm",
}
"""What a name means where the cell that imports it is broken or missing."""


def parameters_of(name: str) -> tuple[str, ...]:
    """The names of a library call's positional parameters, in order; () where they are not known here."""
    last = name.rpartition(".")[2]
    if library_of(name) == "albumentations" and last in _ALBUMENTATIONS:
        return tuple(_ALBUMENTATIONS[last].split())
    return tuple(_SIGNATURES.get(last, "").split())


def library_of(name: str) -> str:
    """The library that a dotted name belongs to, as the record names it."""
    if name.startswith("albumentations"):
        return "albumentations"
    if name.startswith("torchvision.transforms.v2"):
        return "torchvision.v2"
    first = name.partition(".")[0]
    return first if "." in name else ""


def loss_name(name: str) -> str:
    """`nll_loss` for `torch.nn.functional.nll_loss` and for `torch.nn.NLLLoss`; "" for what is no loss."""
    last = name.rpartition(".")[2]
    if last in _LOSS_FUNCTIONS:
        return last
    if last in _LOSS_CLASSES:
        return _LOSS_CLASSES[last]
    return last if re.fullmatch(r"[A-Z]\w*Loss", last) else ""


def is_optimizer(name: str) -> bool:
    last = name.rpartition(".")[2]
    if name.startswith("torch.optim.") and not name.startswith(
        ("torch.optim.lr_scheduler", "torch.optim.swa_utils")
    ):
        return last[:1].isupper() and last not in SCHEDULES and last != "Optimizer"
    return last in OPTIMIZERS


def is_schedule(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last in SCHEDULES or (name.startswith("torch.optim.lr_scheduler.") and last[:1].isupper())


def is_finder(name: str) -> bool:
    return bool(re.search(r"(?i)lr_?finder|learning_rate_finder|lr_find$", name.rpartition(".")[2]))
