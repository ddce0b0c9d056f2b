"""The few calls of llama.cpp that the fixtures need, through ctypes.

The structs are those of include/llama.h in the release that npm package node-llama-cpp 3.22.1 carries (its
llama/gitRelease.bundle); the libraries are in @node-llama-cpp/linux-x64 under bins/linux-x64. Point LLAMA_CPP_LIB at
that folder. The defaults the library fills in are checked, so that another release's layout is noticed.
"""
import ctypes as c
import os
from pathlib import Path

import numpy as np

F32 = 0  # ggml_type
FLASH_ATTENTION_OFF = 0
FLASH_ATTENTION_AUTO = -1


class ModelParams(c.Structure):
    _fields_ = [
        ("devices", c.c_void_p), ("tensor_buft_overrides", c.c_void_p), ("n_gpu_layers", c.c_int32),
        ("split_mode", c.c_int), ("load_mode", c.c_int), ("lazy_mode", c.c_int), ("main_gpu", c.c_int32),
        ("tensor_split", c.c_void_p), ("progress_callback", c.c_void_p), ("progress_callback_user_data", c.c_void_p),
        ("kv_overrides", c.c_void_p), ("vocab_only", c.c_bool), ("check_tensors", c.c_bool),
        ("use_extra_bufts", c.c_bool), ("no_host", c.c_bool), ("no_alloc", c.c_bool), ("load_mtp", c.c_bool),
    ]


class ContextParams(c.Structure):
    _fields_ = [
        ("n_ctx", c.c_uint32), ("n_batch", c.c_uint32), ("n_ubatch", c.c_uint32), ("n_seq_max", c.c_uint32),
        ("n_rs_seq", c.c_uint32), ("n_outputs_max", c.c_uint32), ("n_outputs_max_per_seq", c.c_uint32),
        ("n_threads", c.c_int32), ("n_threads_batch", c.c_int32), ("ctx_type", c.c_int),
        ("rope_scaling_type", c.c_int), ("pooling_type", c.c_int), ("attention_type", c.c_int),
        ("flash_attn_type", c.c_int), ("rope_freq_base", c.c_float), ("rope_freq_scale", c.c_float),
        ("yarn_ext_factor", c.c_float), ("yarn_attn_factor", c.c_float), ("yarn_beta_fast", c.c_float),
        ("yarn_beta_slow", c.c_float), ("yarn_orig_ctx", c.c_uint32), ("defrag_thold", c.c_float),
        ("cb_eval", c.c_void_p), ("cb_eval_user_data", c.c_void_p), ("type_k", c.c_int), ("type_v", c.c_int),
        ("abort_callback", c.c_void_p), ("abort_callback_data", c.c_void_p), ("embeddings", c.c_bool),
        ("offload_kqv", c.c_bool), ("no_perf", c.c_bool), ("op_offload", c.c_bool), ("swa_full", c.c_bool),
        ("kv_unified", c.c_bool), ("samplers", c.c_void_p), ("n_samplers", c.c_size_t), ("ctx_other", c.c_void_p),
    ]


class Batch(c.Structure):
    _fields_ = [
        ("n_tokens", c.c_int32), ("token", c.POINTER(c.c_int32)), ("embd", c.c_void_p), ("pos", c.POINTER(c.c_int32)),
        ("n_seq_id", c.POINTER(c.c_int32)), ("seq_id", c.POINTER(c.POINTER(c.c_int32))), ("logits", c.POINTER(c.c_int8)),
    ]


LOG_CALLBACK = c.CFUNCTYPE(None, c.c_int, c.c_char_p, c.c_void_p)


class LlamaCpp:
    """The loaded libraries."""

    def __init__(self, folder=None, quiet=True):
        folder = Path(folder or os.environ["LLAMA_CPP_LIB"])
        self.base = c.CDLL(str(folder / "libggml-base.so"), mode=c.RTLD_GLOBAL)
        ggml = c.CDLL(str(next(folder.glob("libggml.v*.so"))), mode=c.RTLD_GLOBAL)
        lib = self.lib = c.CDLL(str(next(folder.glob("libllama.v*.so"))), mode=c.RTLD_GLOBAL)
        ggml.ggml_backend_load_all_from_path(str(folder).encode())
        for name, result, arguments in [
            ("llama_model_default_params", ModelParams, []),
            ("llama_context_default_params", ContextParams, []),
            ("llama_model_load_from_file", c.c_void_p, [c.c_char_p, ModelParams]),
            ("llama_init_from_model", c.c_void_p, [c.c_void_p, ContextParams]),
            ("llama_free", None, [c.c_void_p]),
            ("llama_model_free", None, [c.c_void_p]),
            ("llama_model_get_vocab", c.c_void_p, [c.c_void_p]),
            ("llama_vocab_n_tokens", c.c_int32, [c.c_void_p]),
            ("llama_vocab_is_eog", c.c_bool, [c.c_void_p, c.c_int32]),
            ("llama_get_memory", c.c_void_p, [c.c_void_p]),
            ("llama_memory_clear", None, [c.c_void_p, c.c_bool]),
            ("llama_batch_init", Batch, [c.c_int32, c.c_int32, c.c_int32]),
            ("llama_batch_free", None, [Batch]),
            ("llama_decode", c.c_int32, [c.c_void_p, Batch]),
            ("llama_synchronize", None, [c.c_void_p]),
            ("llama_get_logits_ith", c.POINTER(c.c_float), [c.c_void_p, c.c_int32]),
            ("llama_tokenize", c.c_int32,
             [c.c_void_p, c.c_char_p, c.c_int32, c.POINTER(c.c_int32), c.c_int32, c.c_bool, c.c_bool]),
            ("llama_detokenize", c.c_int32,
             [c.c_void_p, c.POINTER(c.c_int32), c.c_int32, c.c_char_p, c.c_int32, c.c_bool, c.c_bool]),
            ("llama_log_set", None, [LOG_CALLBACK, c.c_void_p]),
        ]:
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
        self.base.ggml_quantize_requires_imatrix.restype = c.c_bool
        self.base.ggml_quantize_chunk.restype = c.c_size_t
        self.base.ggml_quantize_chunk.argtypes = [
            c.c_int, c.POINTER(c.c_float), c.c_void_p, c.c_int64, c.c_int64, c.c_int64, c.c_void_p]
        self.silence = LOG_CALLBACK(lambda level, text, _: None)
        if quiet:
            lib.llama_log_set(self.silence, None)
        lib.llama_backend_init()
        p, q = lib.llama_model_default_params(), lib.llama_context_default_params()
        expected = (True, False, 512, 2048, 512, 1, 1)
        found = (p.use_extra_bufts, p.vocab_only, q.n_ctx, q.n_batch, q.n_ubatch, q.type_k, q.type_v)
        if found != expected:
            raise RuntimeError(f"another release of llama.cpp: defaults {found}, expected {expected}")

    def quantize(self, kind, values):
        """Blocks of ggml type `kind` for float32 rows, as bytes of shape [.., row bytes]; every weight matters alike."""
        rows = np.ascontiguousarray(values, np.float32).reshape(-1, values.shape[-1])
        out = np.empty(rows.shape[0] * rows.shape[1] * 4 + 1024, np.uint8)
        importance = np.ones(rows.shape[1], np.float32)
        size = self.base.ggml_quantize_chunk(
            int(kind), rows.ctypes.data_as(c.POINTER(c.c_float)), out.ctypes.data, 0, rows.shape[0], rows.shape[1],
            importance.ctypes.data_as(c.c_void_p) if self.base.ggml_quantize_requires_imatrix(int(kind)) else None)
        return out[:size].reshape(*values.shape[:-1], -1).copy()


class Model:
    """One GGUF file and one context, on the CPU, with nothing kept in F16 unless asked."""

    def __init__(self, llama, path, context=512, threads=2, cache=F32, flash=FLASH_ATTENTION_OFF):
        self.lib = lib = llama.lib
        params = lib.llama_model_default_params()
        params.n_gpu_layers = 0
        self.model = lib.llama_model_load_from_file(str(path).encode(), params)
        if not self.model:
            raise RuntimeError(f"llama.cpp does not load {path}")
        params = lib.llama_context_default_params()
        params.n_ctx = params.n_batch = context
        params.n_ubatch = 512
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = flash
        params.type_k = params.type_v = cache
        self.context = lib.llama_init_from_model(self.model, params)
        if not self.context:
            raise RuntimeError(f"llama.cpp makes no context for {path}")
        self.vocab = lib.llama_model_get_vocab(self.model)
        self.vocab_size = lib.llama_vocab_n_tokens(self.vocab)
        self.batch = lib.llama_batch_init(context, 0, 1)
        self.position = 0

    def close(self):
        self.lib.llama_batch_free(self.batch)
        self.lib.llama_free(self.context)
        self.lib.llama_model_free(self.model)

    def reset(self):
        self.lib.llama_memory_clear(self.lib.llama_get_memory(self.context), True)
        self.position = 0

    def feed(self, ids, every=False):
        """Appends ids to the sequence; logits [n, V] of all of them, or [1, V] of the last."""
        b = self.batch
        b.n_tokens = len(ids)
        for i, token in enumerate(ids):
            b.token[i], b.pos[i], b.n_seq_id[i] = token, self.position + i, 1
            b.seq_id[i][0] = 0
            b.logits[i] = every or i == len(ids) - 1
        status = self.lib.llama_decode(self.context, b)
        if status:
            raise RuntimeError(f"llama_decode returned {status}")
        self.position += len(ids)
        wanted = range(len(ids)) if every else [len(ids) - 1]
        return np.stack([
            np.ctypeslib.as_array(self.lib.llama_get_logits_ith(self.context, i), (self.vocab_size,)).copy()
            for i in wanted])

    def logits(self, ids):
        self.reset()
        return self.feed(ids, every=True)

    def greedy(self, ids, count):
        """Greedy ids and the distance of the two best logits at each step; an end of generation stops it."""
        self.reset()
        out, margins = [], []
        row = self.feed(ids)[0]
        while True:
            second, best = np.partition(row, -2)[-2:]
            out.append(int(row.argmax()))
            margins.append(round(float(best - second), 4))
            if len(out) == count or self.lib.llama_vocab_is_eog(self.vocab, out[-1]):
                return out, margins
            row = self.feed([out[-1]])[0]

    def tokenize(self, text, special=False, add_special=True):
        data = text.encode()
        buffer = (c.c_int32 * (len(data) + 8))()
        n = self.lib.llama_tokenize(self.vocab, data, len(data), buffer, len(buffer), add_special, special)
        assert n >= 0
        return list(buffer[:n])

    def text(self, ids):
        array = (c.c_int32 * len(ids))(*ids)
        buffer = c.create_string_buffer(64 * len(ids) + 64)
        n = self.lib.llama_detokenize(self.vocab, array, len(ids), buffer, len(buffer), False, True)
        assert n >= 0
        return buffer.raw[:n].decode()
