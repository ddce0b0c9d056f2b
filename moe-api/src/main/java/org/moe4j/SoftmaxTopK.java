// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * Chooses the {@code k} experts with the highest softmax probability, optionally renormalised over
 * the chosen ones.
 *
 * <p>Used by Mixtral, Qwen3-MoE, Qwen3-Next, Qwen3.5-MoE, Hunyuan and DBRX, all renormalised, and
 * by OLMoE and Qwen2-MoE, where {@code renormalise} is a setting. Renormalised it is also the
 * softmax over the chosen logits only, as gpt-oss and Granite write it. Probabilities are taken
 * over all experts first, so without renormalising the weights of a row add up to less than one.
 * Slots are in the order of falling probability. A row without any finite or positive infinite
 * logit gets equal weights; an infinite logit leaves nothing to the finite ones.
 *
 * @param k experts a row, {@code k >= 1}; a layer with fewer experts uses all of them
 * @param renormalise divide the chosen probabilities by their sum
 * @see <a href="https://arxiv.org/abs/2401.04088">Mixtral of Experts, section 2.1</a>
 */
public record SoftmaxTopK(int k, boolean renormalise) implements RoutingRule {

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
  public boolean fits(int experts) {
    return true;
  }

  @Override
  public void route(RouterLogits logits, Routing routing) {
    float[] scores = routing.scores(logits);
    for (int row = 0; row < logits.rows(); row++) {
      logits.copyScores(row, scores);
      routing.choose(row, scores, k);
      weigh(scores, row, routing);
    }
  }

  private void weigh(float[] scores, int row, Routing routing) {
    int count = routing.count(row);
    float peak = scores[routing.expert(row, 0)];
    // The sum over all experts cancels when the chosen ones are renormalised, so only they are
    // needed.
    double sum = 0;
    if (renormalise) {
      for (int slot = 0; slot < count; slot++) {
        sum += Softmax.share(scores[routing.expert(row, slot)], peak);
      }
    } else {
      sum = Softmax.total(scores, peak);
    }
    for (int slot = 0; slot < count; slot++) {
      double share = Softmax.share(scores[routing.expert(row, slot)], peak);
      routing.weight(row, slot, (float) (share / sum));
    }
  }
}
