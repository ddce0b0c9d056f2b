// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.moe4j.Answer;
import org.moe4j.Generation;
import org.moe4j.MixtureModel;
import org.moe4j.Request;

/** This library through its public API. */
final class Moe4jEngine implements Engine {

  private final String device;
  private final int threads;
  private final Random random = new Random(1);
  private @Nullable MixtureModel model;

  Moe4jEngine(String device, int threads) {
    this.device = device;
    this.threads = threads;
  }

  @Override
  public String description() {
    return "MoE4J (%s, JDK %s)".formatted(device, Runtime.version());
  }

  @Override
  public void open(Path file, int sequences, int context) {
    if (model != null) {
      model.close();
    }
    model =
        MixtureModel.builder(file)
            .device(device)
            .threads(threads)
            .contextLength(context)
            .queueLimit(Math.max(1, sequences))
            .open();
  }

  private MixtureModel model() {
    if (model == null) {
      throw new IllegalStateException("no model is open");
    }
    return model;
  }

  private Request request(int prompt, int answer) {
    int[] ids = random.ints(prompt, 0, model().info().vocabularySize()).toArray();
    return Request.tokens(ids).maxTokens(answer).temperature(0).ignoreEnd(true).build();
  }

  @Override
  public double read(int tokens, int depth) {
    double before = depth == 0 ? 0 : firstToken(depth);
    return firstToken(depth + tokens) - before;
  }

  private double firstToken(int prompt) {
    Answer answer = model().generate(request(prompt, 1));
    return answer.usage().timeToFirstToken().toNanos() / 1e9;
  }

  /**
   * The first token of a sequence comes with its prompt, so one more is generated. Counted is from
   * the earliest first token to the last end, so that prompts that are not read together count
   * against this engine.
   */
  @Override
  public double generate(int tokens, int sequences, int depth) {
    List<Generation> generations = new ArrayList<>();
    long first = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    long[] called = new long[sequences];
    for (int i = 0; i < sequences; i++) {
      Request request = request(depth, tokens + 1);
      called[i] = System.nanoTime();
      generations.add(model().start(request));
    }
    for (int i = 0; i < sequences; i++) {
      Answer answer = generations.get(i).await();
      first = Math.min(first, called[i] + answer.usage().timeToFirstToken().toNanos());
      end = Math.max(end, called[i] + answer.usage().total().toNanos());
    }
    return (end - first) / 1e9;
  }
}
