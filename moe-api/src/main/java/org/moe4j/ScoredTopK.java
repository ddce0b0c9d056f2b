// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import org.jspecify.annotations.Nullable;

/**
 * Chooses the {@code k} experts with the highest score plus correction bias, out of the best groups
 * only if groups are limited; an expert's weight comes from its score without the bias.
 *
 * <pre>
 * s[e]      = softmax(logits)[e] or sigmoid(logits[e])
 * chosen    = the k highest s[e] + bias[e] in the kept groups
 * weight[e] = s[e] / (max(sum of s over the chosen, minimum) + epsilon) * scale * expertScale[e]
 * </pre>
 *
 * <p>What is absent drops out of the formula: a bias of zero, one group, no division, a scale of
 * one. Slots are in the order of falling choice, so with a bias the weights of a row need not fall.
 * Scores are rounded to float, as the reference has them; their sum and the weights are computed in
 * double and rounded once. Who uses it, after the models' code in Hugging Face transformers:
 *
 * <ul>
 *   <li>DeepSeek-V2: softmax, groups by their best, scale
 *   <li>DeepSeek-V3, Kimi-K2, GLM-4.5, GLM-4.7-Flash, dots1, Ling: sigmoid, bias, groups by their
 *       best two, sum + 1e-20 (a setting), scale
 *   <li>MiniMax-M2: sigmoid, bias, sum
 *   <li>LFM2-MoE: sigmoid, bias (a setting), sum + 1e-6 (a setting), scale
 *   <li>Ernie-4.5-MoE: softmax, bias, at least the configured minimum as sum
 *   <li>Llama-4: sigmoid alone
 *   <li>Gemma-4: softmax, sum, expert scale
 * </ul>
 *
 * {@link SoftmaxTopK} is the plain softmax case as a rule of its own.
 *
 * @param k experts a row, {@code k >= 1}; a layer with fewer experts uses all of them
 * @param score how a logit becomes a score
 * @param bias added to the scores for the choice only, or null
 * @param groups limits the choice to the best groups, or null
 * @param normalisation divides the scores of the chosen, or null
 * @param scale factor of every weight, finite
 * @param expertScale factor of each expert's weight, or null
 * @see <a href="https://arxiv.org/abs/2412.19437">DeepSeek-V3 Technical Report, section 2.1.2</a>
 */
public record ScoredTopK(
    int k,
    Score score,
    @Nullable PerExpert bias,
    @Nullable Groups groups,
    @Nullable Normalisation normalisation,
    double scale,
    @Nullable PerExpert expertScale)
    implements RoutingRule {

  /** How a logit becomes a score. */
  public enum Score {
    /** Softmax over all experts of the layer. */
    SOFTMAX,
    /** {@code 1 / (1 + exp(-logit))}, each expert for itself. */
    SIGMOID
  }

  /** How the scores of a group's members, bias included, become one of the group. */
  public enum GroupScore {
    /** The highest. */
    BEST,
    /** The sum of the two highest. */
    BEST_TWO
  }

  /**
   * Group-limited choice: experts with neighbouring ids form groups of one size, and only the
   * groups with the highest scores take part in the choice. Equal groups go to the lowest id.
   *
   * @param count number of groups, which divides the number of experts
   * @param kept groups that take part, {@code 1 <= kept <= count}
   * @param by how groups are scored
   */
  public record Groups(int count, int kept, GroupScore by) {

    /** Checks the counts. */
    public Groups {
      if (count < 1 || kept < 1 || kept > count) {
        throw new IllegalArgumentException(
            "expected 1 <= kept <= count of groups, got %d of %d".formatted(kept, count));
      }
    }

    private boolean fits(int experts, int k) {
      int members = experts / count;
      return experts % count == 0
          && members >= (by == GroupScore.BEST_TWO ? 2 : 1)
          && Math.min(k, experts) <= (long) kept * members;
    }

    /** Puts NaN for all members of the groups that are not kept. */
    private void limit(float[] choice) {
      int members = choice.length / count;
      int live = 0;
      for (int group = 0; group < count; group++) {
        live += Float.isNaN(score(choice, group, members)) ? 0 : 1;
      }
      for (; live > kept; live--) {
        drop(choice, members);
      }
    }

    private void drop(float[] choice, int members) {
      int worst = -1;
      float lowest = Float.NaN;
      for (int group = 0; group < count; group++) {
        float score = score(choice, group, members);
        if (!Float.isNaN(score) && (worst < 0 || score <= lowest)) {
          worst = group;
          lowest = score;
        }
      }
      java.util.Arrays.fill(choice, worst * members, (worst + 1) * members, Float.NaN);
    }

    /** The score of a group, NaN if none of its members takes part. */
    private float score(float[] choice, int group, int members) {
      float best = Float.NaN;
      float second = Float.NaN;
      for (int expert = group * members; expert < (group + 1) * members; expert++) {
        float score = choice[expert];
        if (Float.isNaN(best) || score > best) {
          second = best;
          best = Float.isNaN(score) ? best : score;
        } else if (Float.isNaN(second) || score > second) {
          second = score;
        }
      }
      return by == GroupScore.BEST || Float.isNaN(second) ? best : best + second;
    }
  }

  /**
   * Divides the scores of the chosen experts by {@code max(sum, minimum) + epsilon}. Where that is
   * zero, the chosen experts share equally.
   *
   * @param minimum least divisor, finite and not negative
   * @param epsilon added to it, finite and not negative
   */
  public record Normalisation(double minimum, double epsilon) {

    /** Checks both. */
    public Normalisation {
      if (!(minimum >= 0 && epsilon >= 0 && Double.isFinite(minimum + epsilon))) {
        throw new IllegalArgumentException(
            "minimum and epsilon must be finite and not negative, were %s and %s"
                .formatted(minimum, epsilon));
      }
    }
  }

  /** Checks the numbers. */
  public ScoredTopK {
    if (k < 1) {
      throw new IllegalArgumentException("k must be at least 1, was " + k);
    }
    requireFinite(scale);
    for (int expert = 0; expertScale != null && expert < expertScale.size(); expert++) {
      requireFinite(scale * expertScale.get(expert));
    }
  }

  private static void requireFinite(double scale) {
    if (!Float.isFinite((float) scale)) {
      throw new IllegalArgumentException("scales must be finite, one was " + scale);
    }
  }

  /**
   * The {@code k} highest softmax probabilities as they are.
   *
   * @param k experts a row
   */
  public static ScoredTopK softmax(int k) {
    return new ScoredTopK(k, Score.SOFTMAX, null, null, null, 1, null);
  }

  /**
   * The {@code k} highest sigmoids as they are.
   *
   * @param k experts a row
   */
  public static ScoredTopK sigmoid(int k) {
    return new ScoredTopK(k, Score.SIGMOID, null, null, null, 1, null);
  }

  /**
   * This rule with a correction bias.
   *
   * @param newBias added to the scores for the choice only, or null
   */
  public ScoredTopK withBias(@Nullable PerExpert newBias) {
    return new ScoredTopK(k, score, newBias, groups, normalisation, scale, expertScale);
  }

  /**
   * This rule limited to the best groups.
   *
   * @param newGroups the groups, or null
   */
  public ScoredTopK withGroups(@Nullable Groups newGroups) {
    return new ScoredTopK(k, score, bias, newGroups, normalisation, scale, expertScale);
  }

  /**
   * This rule with its weights divided by their sum plus a small number.
   *
   * @param epsilon added to the sum, not negative
   */
  public ScoredTopK normalised(double epsilon) {
    return withNormalisation(new Normalisation(0, epsilon));
  }

  /**
   * This rule with another normalisation.
   *
   * @param newNormalisation the normalisation, or null
   */
  public ScoredTopK withNormalisation(@Nullable Normalisation newNormalisation) {
    return new ScoredTopK(k, score, bias, groups, newNormalisation, scale, expertScale);
  }

  /**
   * This rule with another scale.
   *
   * @param newScale factor of every weight
   */
  public ScoredTopK withScale(double newScale) {
    return new ScoredTopK(k, score, bias, groups, normalisation, newScale, expertScale);
  }

  /**
   * This rule with a scale for each expert.
   *
   * @param newExpertScale factor of each expert's weight, or null
   */
  public ScoredTopK withExpertScale(@Nullable PerExpert newExpertScale) {
    return new ScoredTopK(k, score, bias, groups, normalisation, scale, newExpertScale);
  }

  @Override
  public int mostExperts() {
    return k;
  }

  /**
   * Whether bias and expert scale have a value for each expert, the groups divide the experts, have
   * two members if they are scored by two, and those kept hold k experts.
   */
  @Override
  public boolean fits(int experts) {
    return (bias == null || bias.size() == experts)
        && (expertScale == null || expertScale.size() == experts)
        && (groups == null || groups.fits(experts, k));
  }

  @Override
  public void route(RouterLogits logits, Routing routing) {
    if (!fits(logits.experts())) {
      throw new IllegalArgumentException(
          "layer %d has %d experts, which do not fit %s"
              .formatted(logits.layer(), logits.experts(), this));
    }
    float[] choice = routing.scores(logits);
    for (int row = 0; row < logits.rows(); row++) {
      logits.copyScores(row, choice);
      float peak = Softmax.peak(choice);
      double total = score == Score.SOFTMAX ? Softmax.total(choice, peak) : 1;
      rank(choice, peak, total);
      routing.choose(row, choice, k);
      weigh(logits, row, peak, total, routing);
    }
  }

  /**
   * Turns logits into what the choice goes by. Without bias and groups that is the logits, which
   * also tell apart what rounds to the same score.
   */
  private void rank(float[] choice, float peak, double total) {
    boolean scored = bias != null || groups != null;
    for (int expert = 0; scored && expert < choice.length; expert++) {
      if (!Float.isNaN(choice[expert])) {
        float plain = score(choice[expert], peak, total);
        choice[expert] = bias == null ? plain : plain + bias.get(expert);
      }
    }
    if (groups != null) {
      groups.limit(choice);
    }
  }

  private float score(float logit, float peak, double total) {
    return switch (score) {
      case SOFTMAX -> (float) (Softmax.share(logit, peak) / total);
      case SIGMOID -> (float) (1 / (1 + StrictMath.exp(-(double) logit)));
    };
  }

  private void weigh(RouterLogits logits, int row, float peak, double total, Routing routing) {
    int count = routing.count(row);
    double divisor = 1;
    if (normalisation != null) {
      double sum = 0;
      for (int slot = 0; slot < count; slot++) {
        sum += score(logits.score(row, routing.expert(row, slot)), peak, total);
      }
      divisor = Math.max(sum, normalisation.minimum()) + normalisation.epsilon();
    }
    for (int slot = 0; slot < count; slot++) {
      int expert = routing.expert(row, slot);
      double weight =
          divisor == 0 ? 1.0 / count : score(logits.score(row, expert), peak, total) / divisor;
      double factor = expertScale == null ? scale : scale * expertScale.get(expert);
      routing.weight(row, slot, (float) (weight * factor));
    }
  }
}
