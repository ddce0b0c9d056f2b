// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.Router;

/**
 * A router and its experts: {@code sum over the chosen e of weight[e] * experts[e](x)}, plus the
 * shared expert if there is one.
 *
 * @param router hidden to one logit an expert
 * @param rule how experts and weights follow from the logits
 * @param experts the experts in the order of their ids
 * @param shared an expert that always runs, or null
 * @param weighting whether a weight multiplies its expert's output, or its input
 * @param branches norms of a mixture whose router and chosen experts do not read what the shared
 *     expert reads, or null
 */
public record Mixture(
    Linear router,
    Router rule,
    List<GatedFeedForward> experts,
    @Nullable SharedExpert shared,
    Weighting weighting,
    @Nullable Branches branches)
    implements FeedForward {

  /**
   * Norms around two parallel branches: the layer's norm is before the shared expert alone, and
   * router and chosen experts read the residual stream through norms of their own. Used by Gemma 4.
   *
   * @param router norm before the router
   * @param routerScale factor of what the router reads
   * @param experts norm before the chosen experts
   * @param expertsOutput norm of the weighted sum of the chosen experts
   * @param sharedOutput norm of the shared expert's output
   */
  public record Branches(
      Norm router, float routerScale, Norm experts, Norm expertsOutput, Norm sharedOutput) {

    /** All four norms. */
    public List<Norm> norms() {
      return List.of(router, experts, expertsOutput, sharedOutput);
    }
  }

  /** What the weights of the chosen experts multiply. */
  public enum Weighting {
    /** {@code sum of weight * expert(x)}. */
    OUTPUT,
    /** {@code sum of expert(weight * x)}; used by Llama 4. */
    INPUT
  }

  /** Copies the list. */
  public Mixture {
    if (branches != null && shared == null) {
      throw new IllegalArgumentException("parallel branches need a shared expert");
    }
    experts = List.copyOf(experts);
  }

  /**
   * A mixture in which all read the same.
   *
   * @param router hidden to one logit an expert
   * @param rule how experts and weights follow from the logits
   * @param experts the experts in the order of their ids
   * @param shared an expert that always runs, or null
   * @param weighting whether a weight multiplies its expert's output, or its input
   */
  public Mixture(
      Linear router,
      Router rule,
      List<GatedFeedForward> experts,
      @Nullable SharedExpert shared,
      Weighting weighting) {
    this(router, rule, experts, shared, weighting, null);
  }

  /**
   * A mixture whose weights multiply the experts' outputs.
   *
   * @param router hidden to one logit an expert
   * @param rule how experts and weights follow from the logits
   * @param experts the experts in the order of their ids
   * @param shared an expert that always runs, or null
   */
  public Mixture(
      Linear router, Router rule, List<GatedFeedForward> experts, @Nullable SharedExpert shared) {
    this(router, rule, experts, shared, Weighting.OUTPUT);
  }

  /**
   * An expert that runs for every row.
   *
   * @param body the expert
   * @param gate hidden to one logit, whose sigmoid multiplies the output; or null
   */
  public record SharedExpert(GatedFeedForward body, @Nullable Linear gate) {}
}
