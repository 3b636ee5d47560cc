"""Saving and loading vocabulary files."""

import errno
import hashlib
import json
import os

import pytest
from hypothesis import given
from tiktoken.load import load_tiktoken_bpe
from tokenizers import Tokenizer as HuggingFaceTokenizer

import tokcore
from oracle import samples
from oracle.reference import rank_file, tiny

FORMATS = ["tokcore", "tiktoken", "huggingface"]
SUFFIXES = {"tokcore": ".tokcore", "tiktoken": ".tiktoken", "huggingface": ".json"}


def _load(path, enc):
    if path.suffix == ".tiktoken":
        return tokcore.Tokenizer.from_file(path, pattern=enc._pat_str, special_tokens=enc._special_tokens)
    return tokcore.Tokenizer.from_file(path)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_encoding_comes_back(enc, format_, tmp_path):
    path = tmp_path / f"{enc.name}{SUFFIXES[format_]}"
    enc.save(path)
    again = _load(path, enc)
    assert again == enc
    assert again.fingerprint == enc.fingerprint
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format_", FORMATS)
def test_the_format_can_be_named(format_, tmp_path):
    enc = tiny()
    enc.save(tmp_path / "tiny", format=format_)
    named = {"pattern": enc._pat_str, "special_tokens": enc._special_tokens} if format_ == "tiktoken" else {}
    assert tokcore.Tokenizer.from_file(str(tmp_path / "tiny"), **named) == enc


def test_rank_files_are_those_published(enc, ref, tmp_path):
    path = tmp_path / "ranks.tiktoken"
    enc.save(path)
    assert path.read_bytes() == rank_file(enc)
    digest = hashlib.sha256(rank_file(enc)).hexdigest()
    assert load_tiktoken_bpe(str(path), expected_hash=digest) == ref._mergeable_ranks


def test_a_rank_file_takes_a_named_pattern(tmp_path):
    tiny().save(tmp_path / "ranks.tiktoken")
    enc = tokcore.Tokenizer.from_file(tmp_path / "ranks.tiktoken", pattern="o200k_base")
    assert enc.name == "ranks"
    assert enc._pat_str == tokcore.get_encoding("o200k_base")._pat_str
    assert enc.special_tokens_set == set()


@pytest.fixture(scope="module", params=["gpt2", "cl100k_base", "o200k_base", "p50k_edit"])
def hugging_face(request, tmp_path_factory):
    enc = tokcore.get_encoding(request.param)
    path = tmp_path_factory.mktemp("hf") / "tokenizer.json"
    enc.save(path)
    return enc, HuggingFaceTokenizer.from_file(str(path))


@pytest.mark.parametrize("text", samples.TEXTS)
def test_hugging_face_gives_the_same_ids(hugging_face, text):
    enc, other = hugging_face
    ids = enc.encode_ordinary(text)
    assert other.encode(text, add_special_tokens=False).ids == ids
    assert other.decode(ids) == text


@given(text=samples.spliced)
def test_hugging_face_gives_the_same_ids_of_generated_text(hugging_face, text):
    enc, other = hugging_face
    assert other.encode(text, add_special_tokens=False).ids == enc.encode_ordinary(text)


def test_hugging_face_knows_the_special_tokens(hugging_face):
    enc, other = hugging_face
    for text, token in enc._special_tokens.items():
        assert other.token_to_id(text) == token
        around = f"a{text}b"
        assert other.encode(around).ids == enc.encode(around, allowed_special="all")
    assert other.decode([enc.eot_token], skip_special_tokens=False) == "<|endoftext|>"
    assert other.decode([enc.eot_token]) == ""


def test_what_hugging_face_saves_is_read(tmp_path):
    enc = tokcore.get_encoding("gpt2")
    enc.save(tmp_path / "a.json")
    other = HuggingFaceTokenizer.from_file(str(tmp_path / "a.json"))
    other.save(str(tmp_path / "b.json"))
    again = tokcore.Tokenizer.from_file(tmp_path / "b.json")
    assert again.name == "b"
    assert again.fingerprint == enc.fingerprint


def test_damaged_files_are_value_errors(tmp_path):
    path = tmp_path / "a.tokcore"
    tiny().save(path)
    whole = path.read_bytes()
    for end in range(8, len(whole), 97):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"a\.tokcore"):
            tokcore.Tokenizer.from_file(path)
    for at in range(8, len(whole), 31):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"a\.tokcore"):
            tokcore.Tokenizer.from_file(path)


@pytest.mark.parametrize("lines", [0, 25_000, 49_900])
def test_merges_that_are_cut_short_are_a_value_error(lines, tmp_path):
    tokcore.get_encoding("gpt2").save(tmp_path / "vocab.json", format="gpt2")
    merges = (tmp_path / "merges.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "merges.txt").write_text("".join(merges[:lines]), encoding="utf-8")
    with pytest.raises(ValueError, match="cut short"):
        tokcore.Tokenizer.from_file(tmp_path / "vocab.json", pattern="gpt2")


@pytest.mark.parametrize("content", ["[]", '"x"', "5", "{}"])
def test_json_of_something_else_is_a_value_error(content, tmp_path):
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.json: .*(not an object|no model)"):
        tokcore.Tokenizer.from_file(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[9:10], b"0x00"),
        (lambda _: [], b"empty"),
        (lambda lines: [*lines, b"YWI= 255"], b"line 257: rank 255 stands on line 256"),
        (lambda lines: [*lines, b"/w== 300"], b"line 257: token"),
        (lambda lines: [*lines, b"Y!I= 300"], b"line 257: .*base64"),
        (lambda lines: [*lines, b"YWI="], b"line 257: expected"),
        (lambda lines: [*lines, b"YWI= -1"], b"line 257: .*rank"),
        (lambda lines: [*lines, b"\xff\xfe 300"], b"line 257: "),
        (lambda lines: [*lines, b"YWI= 99999999"], b"above"),
    ],
)
def test_malformed_rank_files_are_value_errors(change, message, tmp_path):
    lines = rank_file(tiny()).splitlines()[:256]
    path = tmp_path / "bad.tiktoken"
    path.write_bytes(b"\n".join(change(lines)))
    with pytest.raises(ValueError, match=f"bad.tiktoken: .*{message.decode()}"):
        tokcore.Tokenizer.from_file(path, pattern=".")


def test_rank_files_may_have_windows_line_ends(tmp_path):
    path = tmp_path / "crlf.tiktoken"
    path.write_bytes(rank_file(tiny()).replace(b"\n", b"\r\n"))
    assert tokcore.Tokenizer.from_file(path, pattern=".")._mergeable_ranks == tiny()._mergeable_ranks


def test_patterns_are_asked_for_where_they_are_needed(tmp_path):
    tiny().save(tmp_path / "a.tiktoken")
    with pytest.raises(ValueError, match="pass pattern="):
        tokcore.Tokenizer.from_file(tmp_path / "a.tiktoken")
    tiny().save(tmp_path / "a.tokcore")
    for named in {"pattern": "."}, {"special_tokens": {}}:
        with pytest.raises(ValueError, match="leave out"):
            tokcore.Tokenizer.from_file(tmp_path / "a.tokcore", **named)
    with pytest.raises(ValueError, match=r"(?i)parenthesis"):
        tokcore.Tokenizer.from_file(tmp_path / "a.tiktoken", pattern="(")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing") as raised:
        tokcore.Tokenizer.from_file(tmp_path / "missing.tokcore")
    assert raised.value.errno == errno.ENOENT
    with pytest.raises(IsADirectoryError):
        tokcore.Tokenizer.from_file(tmp_path)
    with pytest.raises(TypeError):
        tokcore.Tokenizer.from_file(5)


def test_saving_never_harms_the_file_that_is_there(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("precious")
    clash = tiny(ab=301)  # a special token that tokenizer.json would spell like an ordinary one
    with pytest.raises(ValueError, match="spelled like"):
        clash.save(path)
    assert path.read_text() == "precious"
    with pytest.raises(ValueError, match="suffix"):
        clash.save(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="unknown format"):
        clash.save(path, format="pickle")
    with pytest.raises(IsADirectoryError) as refused:
        clash.save(tmp_path, format="tokcore")
    assert refused.value.errno == errno.EISDIR
    with pytest.raises(FileNotFoundError):
        clash.save(tmp_path / "no" / "a.tokcore")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.fixture
def somebody():
    """Give up root's rights for a test: root may write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


def test_a_folder_that_is_not_writable(tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    for name, mode in ("closed", 0o555), ("open", 0o777):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    tmp_path.chmod(0o755)
    request.getfixturevalue("somebody")
    with pytest.raises(PermissionError):
        tiny().save("closed/a.tokcore")
    tiny().save("open/a.tokcore")


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.tokcore").touch()
    (tmp_path / "link.tokcore").symlink_to(tmp_path / "real.tokcore")
    tiny().save(tmp_path / "link.tokcore")
    assert (tmp_path / "link.tokcore").is_symlink()
    assert tokcore.Tokenizer.from_file(tmp_path / "real.tokcore") == tiny()


def test_unsupported_tokenizer_json_is_refused_by_name(tmp_path):
    other = HuggingFaceTokenizer.from_str(
        '{"version":"1.0","model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"},"added_tokens":[]}'
    )
    other.save(str(tmp_path / "a.json"))
    with pytest.raises(ValueError, match="WordLevel"):
        tokcore.Tokenizer.from_file(tmp_path / "a.json")


def _json_of(path, change):
    """Write a tokenizer.json of bytes and "ab", changed; return tokcore's tokenizer of it."""
    train = tokcore.train(["ab ab"], 257, pattern="gpt2")
    train.save(path)
    file = json.loads(path.read_text(encoding="utf-8"))
    change(file)
    path.write_text(json.dumps(file), encoding="utf-8")
    return tokcore.Tokenizer.from_file(path)


def _added(*tokens, normalized):
    return [
        {"id": token, "content": text, "normalized": normalized, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip"), False)
        for text, token in tokens
    ]


@pytest.mark.parametrize("normalized", [False, True])
def test_added_tokens_are_as_in_tokenizers(tmp_path, normalized):
    path = tmp_path / "a.json"
    added = _added(("<a>", 257), ("<ab>", 258), ("<a", 259), normalized=normalized)
    enc = _json_of(path, lambda file: file.update(added_tokens=added))
    theirs = HuggingFaceTokenizer.from_file(str(path))
    for text in ("<a><ab> ab<a<ab", "x<a", "<<ab>>", "abab"):
        assert enc.encode(text, allowed_special="all") == theirs.encode(text, add_special_tokens=False).ids


def test_added_tokens_whose_ids_depend_on_the_version_of_tokenizers_are_refused(tmp_path):
    def change(file, ids):
        file["model"]["vocab"]["<a>"] = 300
        file["added_tokens"] = _added(("<a>", 300), *((f"<{token}>", token) for token in ids), normalized=False)

    assert _json_of(tmp_path / "a.json", lambda file: change(file, [])).encode("<a>", allowed_special="all") == [300]
    for token in (258, 301):
        with pytest.raises(ValueError, match=f'<{token}>" has id {token}, and tokenizers gives it another'):
            _json_of(tmp_path / "a.json", lambda file, token=token: change(file, [token]))

    def clash(file):
        file["model"]["vocab"]["aab"] = 258
        file["model"]["merges"].append(["a", "ab"])
        file["added_tokens"] = _added(("<a>", 258), normalized=False)

    with pytest.raises(ValueError, match="has id 258, which another token has"):
        _json_of(tmp_path / "a.json", clash)


def test_what_a_name_says_does_not_hide_ranks_and_tells_what_is_damaged(tmp_path):
    path = tmp_path / "ranks.json"
    tokcore.get_encoding("gpt2").save(path, format="tiktoken")
    assert tokcore.Tokenizer.from_file(path, pattern="gpt2").n_vocab == 50256
    for name in "a.tokcore", "a.json":
        path = tmp_path / name
        tokcore.get_encoding("gpt2").save(path)
        content = path.read_bytes()
        path.write_bytes(b"?" + content)
        with pytest.raises(ValueError, match=f"{name}: (?!line 1: expected a base64)"):
            tokcore.Tokenizer.from_file(path)
    path.write_bytes(b"\xef\xbb\xbf" + content)
    assert tokcore.Tokenizer.from_file(path).n_vocab == 50257


def test_a_pattern_that_does_not_compile_is_an_error_of_its_file(tmp_path):
    path = tmp_path / "broken.json"
    tiny("tiny").save(path)
    file = json.loads(path.read_text(encoding="utf-8"))
    file["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "(a"
    path.write_text(json.dumps(file), encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.json"):
        tokcore.Tokenizer.from_file(path)
