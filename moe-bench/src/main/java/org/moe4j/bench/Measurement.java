// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.moe4j.Answer;
import org.moe4j.FinishReason;
import org.moe4j.Generation;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.Request;

/**
 * Times reading and generating over the public API, as llama-bench does: random ids, no tokenizing,
 * the likeliest token, end tokens ignored. Ids are drawn anew each time, so nothing can be reused.
 *
 * <p>The side-by-side comparison and {@code moe4j bench} both measure with this class.
 *
 * @param model what is measured; it needs room for one sequence more than go together
 * @param random draws the ids
 */
public record Measurement(MixtureModel model, Random random) {

  /** Tokens in the cache, at least, before generated tokens are counted. */
  public static final int BEFORE_GENERATING = 16;

  /**
   * The context that a measurement takes.
   *
   * @param prompt tokens that are read
   * @param answer tokens that are generated
   * @param depth tokens in the cache before
   */
  public static int context(int prompt, int answer, int depth) {
    return Math.addExact(depth, Math.max(prompt, BEFORE_GENERATING + answer) + 2);
  }

  /**
   * What reading a prompt took.
   *
   * @param seconds for the tokens that are counted
   * @param firstToken seconds from the call to the first token, those before included
   */
  public record Reading(double seconds, double firstToken) {}

  /**
   * Reads a prompt into an empty cache.
   *
   * @param tokens tokens that are counted
   * @param depth tokens before them; the time of a prompt of so many is subtracted
   */
  public Reading read(int tokens, int depth) {
    double before = depth == 0 ? 0 : firstToken(depth);
    double whole = firstToken(Math.addExact(depth, tokens));
    return new Reading(whole - before, whole);
  }

  /**
   * Seconds from the call to the first token.
   *
   * @param prompt tokens of the prompt
   */
  public double firstToken(int prompt) {
    try (Generation generation = model.start(request(prompt, 1))) {
      return await(generation).usage().timeToFirstToken().toNanos() / 1e9;
    }
  }

  /**
   * Generates with several sequences at once, each after a prompt of its own.
   *
   * <p>The prompts are not counted: a sequence gives one token when its prompt is read, and the
   * time runs from the earliest of these to the last end. A short request goes first, so that the
   * sequences are all there when the next step begins and go together from their first token; what
   * does not go together counts against the rate.
   *
   * @param tokens tokens of each sequence that are counted
   * @param sequences how many go together
   * @param depth tokens of each prompt, or {@link #BEFORE_GENERATING} if that is more
   * @return seconds for all of them
   */
  public double generate(int tokens, int sequences, int depth) {
    List<Generation> generations = new ArrayList<>();
    try {
      if (sequences > 1) {
        generations.add(model.start(request(BEFORE_GENERATING, 1)));
      }
      long[] called = new long[sequences];
      for (int i = 0; i < sequences; i++) {
        Request request = request(Math.max(depth, BEFORE_GENERATING), Math.addExact(tokens, 1));
        called[i] = System.nanoTime();
        generations.add(model.start(request));
      }
      int first = generations.size() - sequences;
      long start = Long.MAX_VALUE;
      long end = Long.MIN_VALUE;
      for (int i = 0; i < sequences; i++) {
        Answer answer = await(generations.get(first + i));
        start = Math.min(start, called[i] + answer.usage().timeToFirstToken().toNanos());
        end = Math.max(end, called[i] + answer.usage().total().toNanos());
      }
      return (end - start) / 1e9;
    } finally {
      generations.forEach(Generation::close);
    }
  }

  private Request request(int prompt, int answer) {
    return Request.tokens(random.ints(prompt, 0, model.info().vocabularySize()).toArray())
        .maxTokens(answer)
        .temperature(0)
        .repetitionPenalty(1)
        .presencePenalty(0)
        .frequencyPenalty(0)
        .ignoreEnd(true)
        .build();
  }

  private static Answer await(Generation generation) {
    Answer answer = generation.await();
    if (answer.finishReason() == FinishReason.CANCELLED) {
      throw new MixtureException.Closed("cancelled");
    }
    if (answer.finishReason() != FinishReason.MAX_TOKENS) {
      throw new MixtureException.BadRequest(
          "the context is full after %d tokens of prompt and %d of the answer"
              .formatted(answer.usage().promptTokens(), answer.usage().answerTokens()));
    }
    return answer;
  }
}
