"""Fields and iterators of torchtext, as its 0.8 documents them: time comes first, unless a field says otherwise."""

import pytest

FIELDS = """
import torch
from torch import nn
from torchtext{legacy} import data, datasets
TEXT = data.Field(tokenize="spacy", {options})
LABEL = data.LabelField(dtype=torch.float)
train, test = datasets.IMDB.splits(TEXT, LABEL)
train, valid = train.split()
TEXT.build_vocab(train, max_size=25000, vectors="glove.6B.100d")
LABEL.build_vocab(train)
train_iter, valid_iter, test_iter = data.BucketIterator.splits((train, valid, test), batch_size=64, device="cpu")
embedding = nn.Embedding(len(TEXT.vocab), 100)
embedding.weight.data.copy_(TEXT.vocab.vectors)
for batch in train_iter:
    text, label = batch.text, batch.label
    embedded = embedding(text[0] if isinstance(text, tuple) else text)
"""


@pytest.mark.parametrize("legacy", ["", ".legacy"])
@pytest.mark.parametrize(
    ("options", "text", "embedded"),
    [
        ("", "int64[T, N]", "float32[T, N, 100]"),
        ("batch_first=True", "int64[N, T]", "float32[N, T, 100]"),
        ("batch_first=True, fix_length=40", "int64[N, 40]", "float32[N, 40, 100]"),
    ],
)
def test_a_field_decides_the_axes_of_a_batch(follow, legacy, options, text, embedded):
    names = follow(FIELDS.format(legacy=legacy, options=options))
    assert [str(names[name]) for name in ("text", "label", "embedded")] == [text, "float32[N]", embedded]


def test_lengths_come_beside_the_text(follow):
    text, lengths = follow(FIELDS.format(legacy="", options="include_lengths=True"))["text"]
    assert [str(text), str(lengths)] == ["int64[T, N]", "int64[N]"]


TRANSLATION = """
from torchtext.data import Field, BucketIterator, TabularDataset
from torchtext.datasets import Multi30k, SNLI
SRC, TRG = Field(lower=True), Field(lower=True, batch_first=True)
train, valid, test = Multi30k.splits(exts=(".de", ".en"), fields=(SRC, TRG))
for batch in BucketIterator(train, batch_size=128):
    src, trg = batch.src, batch.trg
inputs, answers = Field(), Field(sequential=False)
parts = SNLI.splits(inputs, answers)
for batch in BucketIterator.splits(parts, batch_size=32)[0]:
    premise, hypothesis, label = batch.premise, batch.hypothesis, batch.label
train, dev = TabularDataset.splits(path=".", train="a.csv", validation="b.csv", format="csv",
                                   fields=[("text", inputs), (None, None), ("label", answers)])
for batch in BucketIterator(train, 16):
    words, classes = batch.text, batch.label
"""


def test_each_data_set_names_its_fields(follow):
    names = follow(TRANSLATION)
    assert names["src"].shape[1] == names["trg"].shape[0]
    assert names["premise"].shape[1] == names["hypothesis"].shape[1] == names["label"].shape[0]
    assert names["premise"].shape[0] != names["hypothesis"].shape[0]
    assert names["words"].rank == 2
    assert names["classes"].rank == 1


TUTORIAL = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchtext.data.utils import get_tokenizer
from torchtext.datasets import AG_NEWS
from torchtext.vocab import build_vocab_from_iterator
tokenizer = get_tokenizer("basic_english")
def tokens(data):
    for _, text in data:
        yield tokenizer(text)
vocab = build_vocab_from_iterator(tokens(AG_NEWS(split="train")), specials=["<unk>"])
def collate(batch):
    labels, texts, offsets = [], [], [0]
    for label, text in batch:
        labels.append(int(label) - 1)
        ids = torch.tensor(vocab(tokenizer(text)), dtype=torch.int64)
        texts.append(ids)
        offsets.append(ids.size(0))
    return torch.tensor(labels, dtype=torch.int64), torch.cat(texts), torch.tensor(offsets[:-1]).cumsum(dim=0)
model = nn.EmbeddingBag(len(vocab), 64)
for labels, texts, offsets in DataLoader(AG_NEWS(split="train"), batch_size=8, collate_fn=collate):
    bags = model(texts, offsets)
"""


def test_pairs_of_labels_and_texts(follow):
    names = follow(TUTORIAL)
    assert names["labels"].rank == names["texts"].rank == 1
    assert names["bags"].rank == 2
    assert names["bags"].shape[1] == 64


def test_of_two_library_bases_the_more_derived_one_makes_the_object(follow):
    names = follow(
        "import torch\nfrom torch import nn\n"
        "class Bottle(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return super().forward(x.view(-1, x.size(-1))).view(x.size(0), x.size(1), -1)\n"
        "class Linear(Bottle, nn.Linear):\n    pass\n"
        "y = Linear(8, 3)(torch.ones(2, 5, 8))\n"
    )
    assert str(names["y"]) == "float32[2, 5, 3]"
