// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * Chooses two experts one after the other; the weight of each is its softmax probability among
 * those of the experts still to choose from whose logits are close to it.
 *
 * <p>Close to the highest logit {@code m} is every {@code s} with {@code (m - s) / max(|s|, m) <= 2
 * * jitter}, computed in float. The weights of a row do not add up to one, and both may be one. An
 * only expert is chosen alone. Where the second best logit is minus infinity and the best is not,
 * its weight is zero.
 *
 * <p>Used by Phi-3.5-MoE, whose {@code num_experts_per_tok} it does not depend on; this is what
 * SparseMixer does when it does not train.
 *
 * @param jitter half the relative distance within which logits are close, finite and not negative
 * @see <a href="https://arxiv.org/abs/2409.12136">GRIN: GRadient-INformed MoE, section 2.1</a>
 */
public record SparseMixer(double jitter) implements RoutingRule {

  /** Checks the jitter. */
  public SparseMixer {
    if (!(jitter >= 0 && Double.isFinite(jitter))) {
      throw new IllegalArgumentException("jitter must be finite and not negative, was " + jitter);
    }
  }

  @Override
  public int mostExperts() {
    return 2;
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
      routing.choose(row, scores, 2);
      routing.weight(row, 0, (float) probability(scores, routing.expert(row, 0)));
      if (routing.count(row) == 2) {
        int best = routing.expert(row, 0);
        int second = routing.expert(row, 1);
        boolean nothing =
            scores[second] == Float.NEGATIVE_INFINITY && scores[best] > scores[second];
        scores[best] = Float.NaN;
        routing.weight(row, 1, nothing ? 0 : (float) probability(scores, second));
      }
    }
  }

  /** The probability of the highest score among those close to it. */
  private double probability(float[] scores, int best) {
    float peak = scores[best];
    float limit = (float) (2 * jitter);
    double total = 0;
    for (float score : scores) {
      boolean far = (peak - score) / Math.max(Math.abs(score), peak) > limit;
      if (!Float.isNaN(score) && !far) {
        total += Softmax.share(score, peak);
      }
    }
    return 1 / total;
  }
}
