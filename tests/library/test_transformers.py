"""Networks of ``transformers`` by what their heads return, and tokenizers, against the library itself."""

import pytest

from snugly.interpreter.values import Unknown

HEADS = [
    ("Bert", "BertModel"), ("Bert", "BertForSequenceClassification"), ("Bert", "BertForTokenClassification"),
    ("Bert", "BertForMaskedLM"), ("Bert", "BertForQuestionAnswering"), ("Bert", "BertForNextSentencePrediction"),
    ("Bert", "BertForPreTraining"), ("DistilBert", "DistilBertModel"), ("DistilBert", "DistilBertForSequenceClassification"),
    ("Roberta", "RobertaModel"), ("Roberta", "RobertaForSequenceClassification"), ("GPT2", "GPT2Model"),
    ("GPT2", "GPT2LMHeadModel"), ("Electra", "ElectraModel"), ("Electra", "ElectraForSequenceClassification"),
    ("Bert", "BertForMultipleChoice"),
]  # fmt: skip
SMALL = {
    "Bert": "hidden_size=32, num_attention_heads=2, num_hidden_layers=1, intermediate_size=37",
    "Roberta": "hidden_size=32, num_attention_heads=2, num_hidden_layers=1, intermediate_size=37",
    "Electra": "hidden_size=32, embedding_size=32, num_attention_heads=2, num_hidden_layers=1, intermediate_size=37",
    "DistilBert": "dim=32, hidden_size=32, n_heads=2, n_layers=1, hidden_dim=37",
    "GPT2": "n_embd=32, n_head=2, n_layer=1, bos_token_id=1, eos_token_id=2",
}
PROGRAM = """
import torch
from transformers import {family}Config, {network}
config = {family}Config({small}, vocab_size=99, num_labels={labels})
network = {network}(config)
ids = torch.randint(3, 99, {shape})
output = network(ids, attention_mask=torch.ones{shape})
"""
NAMES = ("last_hidden_state", "pooler_output", "logits", "start_logits", "end_logits", "prediction_logits",
         "seq_relationship_logits")  # fmt: skip


@pytest.mark.parametrize(("family", "network"), HEADS)
def test_each_head_returns_what_it_really_does(follow, family, network):
    pytest.importorskip("transformers")
    shape = (2, 4, 7) if network.endswith("Choice") else (3, 7)
    labels = 2 if network.endswith("QuestionAnswering") else 5
    text = PROGRAM.format(family=family, network=network, small=SMALL[family], shape=shape, labels=labels)
    real = {}
    exec(text, real)
    said = follow(text)["output"]
    told = {name: part.shape for name, part in said._parts.items()}
    true = {name: tuple(real["output"][name].shape) for name in NAMES if name in real["output"]}
    assert told == true
    assert all(part.dtype == "float32" for part in said._parts.values())


ENCODED = """
from transformers import AutoTokenizer, BertTokenizer, RobertaTokenizer
tokenizer = BertTokenizer.from_pretrained("bert-base-uncased")
texts = open("texts.txt").read().split()
batch = tokenizer(["a", "b", "c"], padding=True, truncation=True, return_tensors="pt")
full = tokenizer("a text", max_length=128, padding="max_length", truncation=True, return_tensors="pt")
old = tokenizer.encode_plus("a text", None, max_length=64, pad_to_max_length=True)
long = tokenizer("a text", max_length=128, padding="max_length", return_tensors="pt")
many = tokenizer.batch_encode_plus(texts, max_length=32, padding="max_length", truncation=True, return_tensors="pt")
import torch
ids = torch.tensor(old["input_ids"], dtype=torch.long)
flat = full["input_ids"].flatten()
squeezed = full.attention_mask.squeeze(0)
other = RobertaTokenizer.from_pretrained("roberta-base")("a", return_tensors="pt")
"""


def test_tokenizers_give_one_length_to_what_is_padded(follow):
    names = follow(ENCODED)
    assert names["batch"].entries["input_ids"].shape[0] == 3
    assert list(names["batch"].entries) == ["input_ids", "token_type_ids", "attention_mask"]
    assert list(names["other"].entries) == ["input_ids", "attention_mask"]
    assert str(names["ids"]) == "int64[64]"
    assert str(names["flat"]) == str(names["squeezed"]) == "int64[128]"
    assert names["many"].entries["input_ids"].shape[1] == 32
    assert names["long"].entries["input_ids"].shape[1] != 128


CLASSIFIER = """
import torch
from torch import nn
from transformers import AutoConfig, AutoModel, BertModel, BertPreTrainedModel
class Classifier(nn.Module):
    def __init__(self, name, classes):
        super().__init__()
        self.bert = AutoModel.from_pretrained(name)
        self.head = nn.Linear(self.bert.config.hidden_size, classes)
    def forward(self, ids, mask):
        outputs = self.bert(input_ids=ids, attention_mask=mask)
        return self.head(outputs.last_hidden_state[:, 0]), self.head(outputs[0][:, 0, :]), self.head(outputs[1])
ids = torch.randint(0, 100, (8, 16))
a, b, c = Classifier("bert-base-uncased", 4)(ids, torch.ones_like(ids))
class Own(BertPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.bert = BertModel(config)
        self.head = nn.Linear(config.hidden_size, config.num_labels)
    def forward(self, ids):
        _, pooled = self.bert(ids, return_dict=False)
        return self.head(pooled)
d = Own.from_pretrained("bert-base-uncased", num_labels=7)(ids)
other = Classifier(input(), 4)(ids, torch.ones_like(ids))[0]
"""


def test_a_classifier_on_a_network_of_a_known_width(follow):
    names = follow(CLASSIFIER)
    assert [str(names[name]) for name in "abc"] == ["float32[8, 4]"] * 3
    assert str(names["d"]) == "float32[8, 7]"
    assert str(names["other"]) == "float32[8, 4]"


def test_a_part_that_a_head_does_not_return_is_not_known(follow):
    names = follow(
        "import torch\nfrom transformers import DistilBertModel\nnetwork = DistilBertModel.from_pretrained('x')\n"
        "pooled = network(torch.ones(2, 3, dtype=torch.long)).pooler_output\n"
    )
    assert isinstance(names["pooled"], Unknown)


def test_the_parameters_of_a_network_are_not_taken_for_none(follow):
    names = follow(
        "import torch\nfrom transformers import AutoModel\nnetwork = AutoModel.from_pretrained('bert-base-uncased')\n"
        "norms = [p.norm() for p in network.parameters()]\ntotal = torch.stack(norms).norm()\n"
    )
    assert names["total"].shape == ()
