// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.moe4j.bench.peers.JlamaCalls.call;
import static org.moe4j.bench.peers.JlamaCalls.number;
import static org.moe4j.bench.peers.JlamaCalls.type;

import java.io.File;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Jlama through {@link JlamaCalls}; it decodes one sequence at a time. */
final class JlamaEngine implements Engine {

  private static final int DEEPEST = 1024;

  private final int threads;
  private final Random random = new Random(1);
  private @Nullable Object model;

  JlamaEngine(int threads) {
    this.threads = threads;
  }

  @Override
  public String description() {
    Object operations =
        call(null, type("tensor.operations.TensorOperationsProvider"), "get", new Object[0]);
    return "Jlama 0.8.4 (%s, JDK %s)".formatted(call(operations, "name"), Runtime.version());
  }

  /** The context is the model's own; only one sequence is possible. */
  @Override
  public void open(Path file, Room room) {
    close();
    // The number of threads can be chosen once in a process.
    Optional<Integer> first =
        Boolean.getBoolean("jlama.threads.chosen") ? Optional.empty() : Optional.of(threads);
    System.setProperty("jlama.threads.chosen", "true");
    model =
        call(
            null,
            type("model.ModelSupport"),
            "loadModel",
            file.toFile(),
            (File) null,
            number("F32"),
            number("I8"),
            Optional.empty(),
            first);
  }

  private void close() {
    if (model != null) {
      call(model, "close");
      model = null;
    }
  }

  private Object model() {
    if (model == null) {
      throw new IllegalStateException("no model is open");
    }
    return model;
  }

  private int vocabulary() {
    Object config = call(model(), "getConfig");
    try {
      return config.getClass().getField("vocabularySize").getInt(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private int[] ids(int count) {
    return random.ints(count, 0, vocabulary()).toArray();
  }

  @Override
  public double read(int tokens, int depth) {
    requireShallow(depth);
    try (Sequence sequence = new Sequence()) {
      if (depth > 0) {
        sequence.read(ids(depth), 0);
      }
      int[] prompt = ids(tokens);
      long start = System.nanoTime();
      sequence.read(prompt, depth);
      return (System.nanoTime() - start) / 1e9;
    }
  }

  @Override
  public double generate(int tokens, int sequences, int depth) {
    if (sequences > 1) {
      throw new UnsupportedOperationException("Jlama decodes one sequence at a time");
    }
    requireShallow(depth);
    try (Sequence sequence = new Sequence()) {
      sequence.read(ids(depth), 0);
      int[] next = ids(tokens);
      long start = System.nanoTime();
      for (int i = 0; i < tokens; i++) {
        sequence.step(next[i], depth + i);
      }
      return (System.nanoTime() - start) / 1e9;
    }
  }

  /** At some 35 tokens a second, a deep prompt takes minutes, and each round reads it again. */
  private static void requireShallow(int depth) {
    if (depth > DEEPEST) {
      throw new UnsupportedOperationException(
          "Jlama is not asked to read more than " + DEEPEST + " tokens, which takes it minutes");
    }
  }

  /** One sequence and its cache. */
  private final class Sequence implements AutoCloseable {
    private final Object cache = JlamaCalls.create(type("tensor.KvBufferCache"), model());
    private final Object buffer = call(cache, "getKvBuffer", UUID.randomUUID());
    private final Object logits = call(model(), "makeDenseTensor", new int[] {vocabulary()});

    void read(int[] ids, int position) {
      Object rows = call(model(), "batchForward", ids, position, buffer);
      int count = (int) call(call(rows, "shape"), "first");
      sample(call(rows, "slice", new int[] {count - 1}));
      call(rows, "close");
    }

    void step(int id, int position) {
      Object row = call(model(), "forward", id, position, buffer, Optional.empty());
      sample(row);
      call(row, "close");
    }

    private void sample(Object row) {
      call(model(), "sample", row, 0f, 0f, logits);
    }

    @Override
    public void close() {
      call(logits, "close");
      call(cache, "close");
    }
  }
}
