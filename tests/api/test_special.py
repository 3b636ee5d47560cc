"""Special tokens in text: tiktoken's rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokcore
from oracle.reference import reference, tiny

END = "<|endoftext|>"
_FRAGMENTS = [
    "a ",
    "<|",
    "|>",
    END,
    END[:-1],
    "<|endofprompt|>",
    "<|fim_prefix|>",
    "endoftext",
    "中",
    "\n",
    "<|reserved_200018|>",
]
_texts = st.lists(st.sampled_from(_FRAGMENTS), max_size=8).map("".join)
_choices = st.sets(st.sampled_from([END, "<|endofprompt|>", "<|fim_prefix|>", "no special token"]))


def _outcome(call, *arguments, **named):
    try:
        return call(*arguments, **named)
    except (ValueError, TypeError) as error:
        return type(error)


@given(
    text=_texts,
    allowed=st.one_of(st.just("all"), _choices),
    disallowed=st.one_of(st.just("all"), _choices, st.just(())),
)
def test_outcomes_are_tiktokens(enc, ref, text, allowed, disallowed):
    named = {"allowed_special": allowed, "disallowed_special": disallowed}
    expected = _outcome(ref.encode, text, **named)
    assert _outcome(enc.encode, text, **named) == expected
    assert _outcome(lambda: enc.encode_to_numpy(text, **named).tolist()) == expected
    many = _outcome(enc.encode_batch, ["x", text], **named)
    assert many == _outcome(ref.encode_batch, ["x", text], **named)


@given(text=_texts, allowed=st.one_of(st.just("all"), _choices))
def test_what_is_not_allowed_is_plain_text_in_counts_and_arrays(enc, ref, text, allowed):
    ids = ref.encode(text, allowed_special=allowed, disallowed_special=())
    assert enc.count(text, allowed_special=allowed) == len(ids)
    assert enc.count_batch([text], allowed_special=allowed).tolist() == [len(ids)]
    assert enc.encode_arrays([text], allowed_special=allowed).to_lists() == [ids]
    assert enc.encode_with_offsets(text, allowed_special=allowed)[0] == ids
    plain = ref.encode_ordinary(text)
    assert enc.count(text) == len(plain)
    assert enc.encode_arrays([text]).to_lists() == enc.encode_ordinary_batch([text]) == [plain]


@pytest.mark.parametrize(
    "named",
    [
        {"allowed_special": ["x"]},
        {"allowed_special": "x"},
        {"allowed_special": None},
        {"allowed_special": {5}},
        {"allowed_special": (), "disallowed_special": ()},
        {"disallowed_special": None},
        {"disallowed_special": 5},
        {"disallowed_special": [5]},
        {"disallowed_special": "xb"},
        {"disallowed_special": ["b"]},
        {"disallowed_special": [""]},
        {"allowed_special": {"q"}},
        {"allowed_special": frozenset(), "disallowed_special": {"z"}},
    ],
    ids=repr,
)
def test_odd_arguments_end_as_in_tiktoken(named):
    expected = _outcome(reference("gpt2").encode, "abc", **named)
    assert _outcome(tokcore.get_encoding("gpt2").encode, "abc", **named) == expected


def test_the_error_names_the_token_and_the_remedies():
    with pytest.raises(ValueError, match="disallowed special token") as raised:
        tokcore.get_encoding("gpt2").encode(f"a {END}")
    for part in END, "`allowed_special`", "disallowed_special=()":
        assert part in str(raised.value)


def test_of_two_names_of_one_id_both_encode_and_the_first_decodes():
    enc = tokcore.get_encoding("o200k_harmony")
    for text in "<|endofprompt|>", "<|reserved_200018|>":
        assert enc.encode(text, allowed_special="all") == [200018]
    assert enc.decode([200018]) == "<|endofprompt|>"


def test_the_longest_special_token_at_a_place_wins():
    enc = tiny(**{"<a>": 301, "<a><b>": 302})
    assert enc.encode("<a><b>", allowed_special="all") == [302]
    assert enc.encode("<a><c>", allowed_special="all")[0] == 301


def test_what_an_encoding_says_of_its_special_tokens(enc, ref):
    assert enc.special_tokens_set == ref.special_tokens_set
    assert enc._special_tokens == ref._special_tokens
    assert enc.eot_token == ref.eot_token
    for token in [*ref._special_tokens.values(), 0, -5, 2**40, True]:
        assert enc.is_special_token(token) == ref.is_special_token(token)
