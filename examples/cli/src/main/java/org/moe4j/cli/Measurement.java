// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.moe4j.Answer;
import org.moe4j.Generation;
import org.moe4j.MixtureModel;
import org.moe4j.Request;

/**
 * One repetition of a benchmark over the public API. Ids are drawn anew each time, so nothing can
 * be reused.
 *
 * @param model what is measured
 * @param random draws the ids
 * @param prompt tokens of the prompt
 * @param gen tokens to generate
 * @param batch sequences that are generated together
 * @param depth tokens before the prompt
 */
record Measurement(MixtureModel model, Random random, int prompt, int gen, int batch, int depth) {

  /** Tokens in the cache, besides those of the depth, before generated tokens are counted. */
  static final int BEFORE_GENERATING = 16;

  /**
   * What one repetition gave.
   *
   * @param pp prompt tokens a second
   * @param tg generated tokens a second, over all sequences
   * @param firstToken seconds from the call to the first token
   */
  record Rates(double pp, double tg, double firstToken) {}

  Rates run() {
    double before = depth == 0 ? 0 : firstToken(depth);
    double whole = firstToken(depth + prompt);
    return new Rates(prompt / (whole - before), generate(), whole);
  }

  /** Seconds from the call to the first token after a prompt of so many. */
  private double firstToken(int tokens) {
    try (Generation generation = model.start(request(tokens, 1))) {
      return Greedy.await(generation).usage().timeToFirstToken().toNanos() / 1e9;
    }
  }

  /**
   * Each sequence gives one token when its prompt is read and then {@code gen} more. Counted are
   * the latter, from the earliest first token to the last end, so that what is not decoded together
   * counts against the rate.
   */
  private double generate() {
    List<Generation> generations = new ArrayList<>();
    try {
      long[] called = new long[batch];
      for (int i = 0; i < batch; i++) {
        Request request = request(depth + BEFORE_GENERATING, gen + 1);
        called[i] = System.nanoTime();
        generations.add(model.start(request));
      }
      long first = Long.MAX_VALUE;
      long last = Long.MIN_VALUE;
      for (int i = 0; i < batch; i++) {
        Answer answer = Greedy.await(generations.get(i));
        first = Math.min(first, called[i] + answer.usage().timeToFirstToken().toNanos());
        last = Math.max(last, called[i] + answer.usage().total().toNanos());
      }
      return (double) gen * batch / ((last - first) / 1e9);
    } finally {
      generations.forEach(Generation::close);
    }
  }

  private Request request(int tokens, int answer) {
    return Greedy.request(random.ints(tokens, 0, model.info().vocabularySize()).toArray(), answer);
  }
}
