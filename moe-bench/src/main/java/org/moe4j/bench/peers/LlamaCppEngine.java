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

  LlamaCppEngine(Path folder, int threads) {
    library = new LlamaCpp(folder);
    this.threads = threads;
  }

  @Override
  public String description() {
    return "llama.cpp (release of 2026-09-28, @node-llama-cpp/linux-x64 3.22.1)";
  }

  @Override
  public void open(Path file, int sequences, int context) {
    if (model != null) {
      model.close();
    }
    model = library.open(file, threads, sequences, Math.multiplyExact(context, sequences));
  }

  private LlamaCpp.Model model() {
    if (model == null) {
      throw new IllegalStateException("no model is open");
    }
    model.clear();
    return model;
  }

  private int[] ids(LlamaCpp.Model of, int count) {
    return random.ints(count, 0, of.vocabulary()).toArray();
  }

  @Override
  public double read(int tokens, int depth) {
    LlamaCpp.Model opened = model();
    if (depth > 0) {
      opened.read(0, 0, ids(opened, depth));
    }
    int[] prompt = ids(opened, tokens);
    long start = System.nanoTime();
    opened.read(0, depth, prompt);
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public double generate(int tokens, int sequences, int depth) {
    LlamaCpp.Model opened = model();
    for (int i = 0; i < sequences; i++) {
      opened.read(i, 0, ids(opened, depth));
    }
    int[][] next = new int[tokens][];
    for (int i = 0; i < tokens; i++) {
      next[i] = ids(opened, sequences);
    }
    long start = System.nanoTime();
    for (int i = 0; i < tokens; i++) {
      opened.step(depth + i, next[i]);
    }
    return (System.nanoTime() - start) / 1e9;
  }
}
