// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.moe4j.bench.peers.LlamaStructs.BATCH;
import static org.moe4j.bench.peers.LlamaStructs.CONTEXT_PARAMS;
import static org.moe4j.bench.peers.LlamaStructs.MODEL_PARAMS;
import static org.moe4j.bench.peers.LlamaStructs.offset;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The calls of llama.cpp that a benchmark needs, on the CPU. The defaults that the library fills
 * into {@linkplain LlamaStructs its structs} are checked, so that another release is noticed.
 */
final class LlamaCpp {

  private static final int F16 = 1;
  private static final int MICRO_BATCH = 512;

  private final Arena arena = Arena.global();
  private final SymbolLookup libraries;

  /**
   * Loads the libraries.
   *
   * @param folder where {@code libllama} and the {@code libggml} libraries are
   */
  LlamaCpp(Path folder) {
    // The dynamic linker finds those that the others need among those that are loaded already.
    SymbolLookup base = open(folder, "libggml-base.so");
    SymbolLookup ggml = open(folder, "libggml.v");
    libraries = base.or(ggml).or(open(folder, "libllama.v"));
    MemorySegment where = arena.allocateFrom(folder.toString());
    call("ggml_backend_load_all_from_path", FunctionDescriptor.ofVoid(ADDRESS), where);
    call(
        "llama_log_set",
        FunctionDescriptor.ofVoid(ADDRESS, ADDRESS),
        silence(),
        MemorySegment.NULL);
    call("llama_backend_init", FunctionDescriptor.ofVoid());
    requireKnownRelease();
  }

  private SymbolLookup open(Path folder, String prefix) {
    try (Stream<Path> files = Files.list(folder)) {
      Path library =
          files
              .filter(file -> file.getFileName().toString().startsWith(prefix))
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("no " + prefix + " in " + folder));
      return SymbolLookup.libraryLookup(library, arena);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A log callback that does nothing. */
  private MemorySegment silence() {
    try {
      MethodHandle nothing =
          MethodHandles.lookup()
              .findStatic(
                  LlamaCpp.class,
                  "ignore",
                  MethodType.methodType(
                      void.class, int.class, MemorySegment.class, MemorySegment.class));
      return Linker.nativeLinker()
          .upcallStub(nothing, FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS), arena);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  @SuppressWarnings("unused") // Called by the library.
  private static void ignore(int level, MemorySegment text, MemorySegment data) {}

  private void requireKnownRelease() {
    MemorySegment model = defaults("llama_model_default_params", MODEL_PARAMS);
    MemorySegment context = defaults("llama_context_default_params", CONTEXT_PARAMS);
    boolean known =
        model.get(JAVA_BOOLEAN, offset(MODEL_PARAMS, "use_extra_bufts"))
            && get(context, "n_ctx") == 512
            && get(context, "n_batch") == 2048
            && get(context, "n_ubatch") == 512
            && get(context, "type_k") == F16
            && get(context, "type_v") == F16;
    if (!known) {
      throw new IllegalStateException("another release of llama.cpp: its defaults differ");
    }
  }

  private static int get(MemorySegment context, String field) {
    return context.get(JAVA_INT, offset(CONTEXT_PARAMS, field));
  }

  private static void set(MemorySegment context, String field, int value) {
    context.set(JAVA_INT, offset(CONTEXT_PARAMS, field), value);
  }

  private MemorySegment defaults(String function, StructLayout layout) {
    return (MemorySegment) call(function, FunctionDescriptor.of(layout), (SegmentAllocator) arena);
  }

  private Object call(String function, FunctionDescriptor descriptor, Object... arguments) {
    MemorySegment address =
        libraries
            .find(function)
            .orElseThrow(() -> new IllegalStateException("llama.cpp has no " + function));
    try {
      return Linker.nativeLinker()
          .downcallHandle(address, descriptor)
          .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException(function + " failed", e);
    }
  }

  private static MemorySegment require(Object pointer, String what) {
    MemorySegment found = (MemorySegment) pointer;
    if (found.address() == 0) {
      throw new IllegalStateException("llama.cpp cannot " + what);
    }
    return found;
  }

  /**
   * Opens a model, its weights rearranged as llama.cpp prefers, with an F16 cache.
   *
   * @param file a GGUF file
   * @param threads threads of an operation
   * @param sequences most sequences at once
   * @param context positions of all sequences together
   */
  Model open(Path file, int threads, int sequences, int context) {
    MemorySegment modelParams = defaults("llama_model_default_params", MODEL_PARAMS);
    modelParams.set(JAVA_INT, offset(MODEL_PARAMS, "n_gpu_layers"), 0);
    MemorySegment model =
        require(
            call(
                "llama_model_load_from_file",
                FunctionDescriptor.of(ADDRESS, ADDRESS, MODEL_PARAMS),
                arena.allocateFrom(file.toString()),
                modelParams),
            "load " + file);
    MemorySegment params = defaults("llama_context_default_params", CONTEXT_PARAMS);
    set(params, "n_ctx", context);
    set(params, "n_batch", Math.max(2048, sequences));
    set(params, "n_ubatch", MICRO_BATCH);
    set(params, "n_seq_max", sequences);
    set(params, "n_threads", threads);
    set(params, "n_threads_batch", threads);
    params.set(JAVA_BOOLEAN, offset(CONTEXT_PARAMS, "kv_unified"), true);
    MemorySegment opened =
        require(
            call(
                "llama_init_from_model",
                FunctionDescriptor.of(ADDRESS, ADDRESS, CONTEXT_PARAMS),
                model,
                params),
            "make a context for " + file);
    return new Model(model, opened);
  }

  /** An open model with one context. Used by one thread. */
  final class Model implements AutoCloseable {
    private static final int MOST_ROWS = 2048;

    private final MemorySegment model;
    private final MemorySegment context;
    private final MethodHandle decode;
    private final MemorySegment batch = arena.allocate(BATCH);
    private final MemorySegment tokens = arena.allocate(JAVA_INT, MOST_ROWS);
    private final MemorySegment positions = arena.allocate(JAVA_INT, MOST_ROWS);
    private final MemorySegment counts = arena.allocate(JAVA_INT, MOST_ROWS);
    private final MemorySegment ids = arena.allocate(JAVA_INT, MOST_ROWS);
    private final MemorySegment idPointers = arena.allocate(ADDRESS, MOST_ROWS);
    private final MemorySegment wanted = arena.allocate(JAVA_BYTE, MOST_ROWS);

    private Model(MemorySegment model, MemorySegment context) {
      this.model = model;
      this.context = context;
      decode =
          Linker.nativeLinker()
              .downcallHandle(
                  libraries.find("llama_decode").orElseThrow(),
                  FunctionDescriptor.of(JAVA_INT, ADDRESS, BATCH));
      batch.set(ADDRESS, offset(BATCH, "token"), tokens);
      batch.set(ADDRESS, offset(BATCH, "pos"), positions);
      batch.set(ADDRESS, offset(BATCH, "n_seq_id"), counts);
      batch.set(ADDRESS, offset(BATCH, "seq_id"), idPointers);
      batch.set(ADDRESS, offset(BATCH, "logits"), wanted);
      for (int i = 0; i < MOST_ROWS; i++) {
        counts.setAtIndex(JAVA_INT, i, 1);
        idPointers.setAtIndex(ADDRESS, i, ids.asSlice((long) i * Integer.BYTES, Integer.BYTES));
      }
    }

    /** Number of token ids. */
    int vocabulary() {
      Object vocabulary =
          call("llama_model_get_vocab", FunctionDescriptor.of(ADDRESS, ADDRESS), model);
      return (int)
          call("llama_vocab_n_tokens", FunctionDescriptor.of(JAVA_INT, ADDRESS), vocabulary);
    }

    /** Forgets all sequences. */
    void clear() {
      Object memory = call("llama_get_memory", FunctionDescriptor.of(ADDRESS, ADDRESS), context);
      call("llama_memory_clear", FunctionDescriptor.ofVoid(ADDRESS, JAVA_BOOLEAN), memory, false);
    }

    /**
     * Forgets the end of a sequence.
     *
     * @param sequence the sequence
     * @param length tokens that it keeps
     */
    void truncate(int sequence, int length) {
      Object memory = call("llama_get_memory", FunctionDescriptor.of(ADDRESS, ADDRESS), context);
      boolean done =
          (boolean)
              call(
                  "llama_memory_seq_rm",
                  FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT),
                  memory,
                  sequence,
                  length,
                  -1);
      if (!done) {
        throw new IllegalStateException("llama.cpp cannot truncate this sequence");
      }
    }

    /**
     * Reads tokens of one sequence; the last gets logits.
     *
     * @param sequence the sequence
     * @param start position of the first token
     * @param prompt the tokens
     */
    void read(int sequence, int start, int[] prompt) {
      for (int from = 0; from < prompt.length; from += MOST_ROWS) {
        int rows = Math.min(MOST_ROWS, prompt.length - from);
        for (int i = 0; i < rows; i++) {
          boolean last = from + i == prompt.length - 1;
          row(i, sequence, start + from + i, prompt[from + i], last);
        }
        run(rows);
      }
    }

    /**
     * One token for each of the first sequences, each with logits.
     *
     * @param position position of the tokens
     * @param next a token a sequence
     */
    void step(int position, int[] next) {
      for (int i = 0; i < next.length; i++) {
        row(i, i, position, next[i], true);
      }
      run(next.length);
    }

    private void row(int row, int sequence, int position, int token, boolean logits) {
      tokens.setAtIndex(JAVA_INT, row, token);
      positions.setAtIndex(JAVA_INT, row, position);
      ids.setAtIndex(JAVA_INT, row, sequence);
      wanted.set(JAVA_BYTE, row, (byte) (logits ? 1 : 0));
    }

    private void run(int rows) {
      batch.set(JAVA_INT, offset(BATCH, "n_tokens"), rows);
      int status;
      try {
        status = (int) decode.invokeExact(context, batch);
      } catch (Throwable e) {
        throw new IllegalStateException("llama_decode failed", e);
      }
      if (status != 0) {
        throw new IllegalStateException("llama_decode gave " + status);
      }
      call("llama_synchronize", FunctionDescriptor.ofVoid(ADDRESS), context);
    }

    /** The logits of a row that wanted some, straight from the library. */
    float logit(int row, int token) {
      MemorySegment logits =
          (MemorySegment)
              call(
                  "llama_get_logits_ith",
                  FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT),
                  context,
                  row);
      return logits.reinterpret((token + 1L) * Float.BYTES).getAtIndex(JAVA_FLOAT, token);
    }

    @Override
    public void close() {
      call("llama_free", FunctionDescriptor.ofVoid(ADDRESS), context);
      call("llama_model_free", FunctionDescriptor.ofVoid(ADDRESS), model);
    }
  }
}
