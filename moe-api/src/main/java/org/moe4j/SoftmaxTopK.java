// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * Chooses the {@code k} experts with the highest softmax probability, optionally renormalised over
 * the chosen ones.
 *
 * <p>Used by Mixtral, OLMoE, Qwen2-MoE ({@code renormalise = false}) and Qwen3-MoE. Probabilities
 * are taken over all experts first, so without renormalising the weights of a row add up to less
 * than one. Slots are in the order of falling probability; equal scores go to the lowest id. NaN
 * counts as the lowest score, with probability zero; a row without any finite or positive infinite
 * logit gets equal weights.
 *
 * @param k experts a row, {@code k >= 1}; a layer with fewer experts uses all of them
 * @param renormalise divide the chosen probabilities by their sum
 * @see <a href="https://arxiv.org/abs/2401.04088">Mixtral of Experts, section 2.1</a>
 */
public record SoftmaxTopK(int k, boolean renormalise) implements Router {

  /** Checks k. */
  public SoftmaxTopK {
    if (k < 1) {
      throw new IllegalArgumentException("k must be at least 1, was " + k);
    }
  }

  @Override
  public int mostExperts() {
    return k;
  }

  @Override
  public void route(RouterLogits logits, Routing routing) {
    int experts = logits.experts();
    int chosen = Math.min(k, experts);
    float[] scores = new float[experts];
    int[] best = new int[chosen];
    float[] probabilities = new float[chosen];
    for (int row = 0; row < logits.rows(); row++) {
      logits.copyRow(row, scores);
      clean(scores);
      select(scores, best);
      probabilities(scores, best, probabilities);
      for (int slot = 0; slot < chosen; slot++) {
        routing.add(row, best[slot], probabilities[slot]);
      }
    }
  }

  /**
   * NaN becomes the lowest score; an infinite best score leaves only the infinite ones, all equal.
   */
  private static void clean(float[] scores) {
    boolean infinite = false;
    for (int i = 0; i < scores.length; i++) {
      if (Float.isNaN(scores[i])) {
        scores[i] = Float.NEGATIVE_INFINITY;
      }
      infinite |= scores[i] == Float.POSITIVE_INFINITY;
    }
    if (infinite) {
      for (int i = 0; i < scores.length; i++) {
        scores[i] = scores[i] == Float.POSITIVE_INFINITY ? 0 : Float.NEGATIVE_INFINITY;
      }
    }
  }

  /**
   * Ids of the highest scores in falling order; an insertion keeps equal scores in the order of
   * their ids.
   */
  private static void select(float[] scores, int[] best) {
    int used = 0;
    for (int expert = 0; expert < scores.length; expert++) {
      if (used == best.length && !(scores[expert] > scores[best[used - 1]])) {
        continue;
      }
      int slot = used < best.length ? used++ : used - 1;
      while (slot > 0 && scores[expert] > scores[best[slot - 1]]) {
        best[slot] = best[slot - 1];
        slot--;
      }
      best[slot] = expert;
    }
  }

  private void probabilities(float[] scores, int[] best, float[] into) {
    float highest = scores[best[0]];
    if (highest == Float.NEGATIVE_INFINITY) {
      java.util.Arrays.fill(into, 1f / (renormalise ? best.length : scores.length));
      return;
    }
    // The sum over all experts cancels when the chosen ones are renormalised, so only they are
    // needed.
    // StrictMath gives the same bits on every machine and in every compiler tier.
    double sum = 0;
    if (renormalise) {
      for (int expert : best) {
        sum += StrictMath.exp((double) scores[expert] - highest);
      }
    } else {
      for (float score : scores) {
        sum += StrictMath.exp((double) score - highest);
      }
    }
    for (int slot = 0; slot < best.length; slot++) {
      into[slot] = (float) (StrictMath.exp((double) scores[best[slot]] - highest) / sum);
    }
  }
}
