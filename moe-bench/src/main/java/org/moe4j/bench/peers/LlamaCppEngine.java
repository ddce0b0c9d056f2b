// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** llama.cpp through its C interface. */
final class LlamaCppEngine implements Engine {

  private final LlamaCpp library;
  private final int threads;
  private final Random random = new Random(1);
  private LlamaCpp.@Nullable Model model;

  /** Tokens of the first sequence that can be used again. */
  private int held;

  LlamaCppEngine(Path folder, int threads) {
    library = new LlamaCpp(folder);
    this.threads = threads;
  }

  @Override
  public String description() {
    return "llama.cpp (release of 2026-09-28, @node-llama-cpp/linux-x64 3.22.1)";
  }

  @Override
  public void open(Path file, Room room) {
    if (model != null) {
      model.close();
    }
    model = library.open(file, threads, room.sequences(), room.positions());
    held = 0;
  }

  private LlamaCpp.Model model() {
    if (model == null) {
      throw new IllegalStateException("no model is open");
    }
    return model;
  }

  private int[] ids(int count) {
    return random.ints(count, 0, model().vocabulary()).toArray();
  }

  /** Leaves the first sequence with so many tokens, which are read anew only if they have to be. */
  private void hold(int depth) {
    if (depth == 0 || depth != held) {
      model().clear();
      held = depth;
      if (depth > 0) {
        model().read(0, 0, ids(depth));
      }
    } else {
      model().truncate(0, depth);
    }
  }

  @Override
  public double read(int tokens, int depth) {
    hold(depth);
    int[] prompt = ids(tokens);
    long start = System.nanoTime();
    model().read(0, depth, prompt);
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public double generate(int tokens, int sequences, int depth) {
    if (sequences == 1) {
      hold(depth);
    } else {
      model().clear();
      held = 0;
      for (int i = 0; i < sequences; i++) {
        model().read(i, 0, ids(depth));
      }
    }
    int[][] next = new int[tokens][];
    for (int i = 0; i < tokens; i++) {
      next[i] = ids(sequences);
    }
    long start = System.nanoTime();
    for (int i = 0; i < tokens; i++) {
      model().step(depth + i, next[i]);
    }
    return (System.nanoTime() - start) / 1e9;
  }
}
