// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Wrappers around any {@link Router}: use fewer experts, leave some out, watch. Those that limit or
 * mask are values; they compose in any order, and the outer one has the last word.
 */
public final class Routers {

  private Routers() {}

  /**
   * The base router's choice cut to its {@code limit} highest weights, whose sum is kept: the
   * weights that remain are scaled to the sum before the cut.
   *
   * @param limit most experts a row, at least 1
   * @param base the router to limit
   */
  public static AtMost atMost(int limit, Router base) {
    return new AtMost(limit, base, true);
  }

  /**
   * The base router as if the given experts did not exist: their logits are taken as minus
   * infinity.
   *
   * @param experts ids that are never chosen; at least one expert of the layer must remain
   * @param base the router to restrict
   */
  public static Without without(Set<Integer> experts, Router base) {
    return new Without(experts, base);
  }

  /**
   * The base router, with a look at each of its decisions. Runs on the host.
   *
   * @param base the router to watch
   * @param observer called by many threads after each decision; must not change the routing or keep
   *     its arguments
   */
  public static Router observe(Router base, BiConsumer<RouterLogits, Routing> observer) {
    Objects.requireNonNull(base);
    Objects.requireNonNull(observer);
    return new Router() {
      @Override
      public void route(RouterLogits logits, Routing routing) {
        base.route(logits, routing);
        observer.accept(logits, routing);
      }

      @Override
      public int mostExperts() {
        return base.mostExperts();
      }
    };
  }

  /**
   * A base router's choice cut to its highest weights; equal weights keep the base router's order.
   *
   * @param limit most experts a row, at least 1
   * @param base the router to limit
   * @param renormalise scale the remaining weights to the sum that the row had before
   */
  public record AtMost(int limit, Router base, boolean renormalise) implements RoutingRule {

    /** Checks the limit. */
    public AtMost {
      Objects.requireNonNull(base);
      if (limit < 1) {
        throw new IllegalArgumentException("limit must be at least 1, was " + limit);
      }
    }

    @Override
    public int mostExperts() {
      return Math.min(limit, base.mostExperts());
    }

    @Override
    public boolean fits(int layerExperts) {
      return base instanceof RoutingRule rule && rule.fits(layerExperts);
    }

    @Override
    public void route(RouterLogits logits, Routing routing) {
      Routing full = routing.spare(base.mostExperts());
      base.route(logits, full);
      for (int row = 0; row < logits.rows(); row++) {
        cut(full, row, routing);
      }
    }

    private void cut(Routing full, int row, Routing routing) {
      double before = 0;
      double after = 0;
      for (int slot = 0; slot < full.count(row); slot++) {
        before += full.weight(row, slot);
        after += kept(full, row, slot) ? full.weight(row, slot) : 0;
      }
      double scale = renormalise ? before / after : 1;
      for (int slot = 0; slot < full.count(row); slot++) {
        if (kept(full, row, slot)) {
          float weight = full.weight(row, slot);
          float scaled = (float) (weight * scale);
          // Weights that cancel out have no share to scale to; they stay as they are.
          routing.add(row, full.expert(row, slot), Float.isFinite(scaled) ? scaled : weight);
        }
      }
    }

    /** Whether fewer than {@code limit} slots have a higher weight or an equal one before this. */
    private boolean kept(Routing full, int row, int slot) {
      float weight = full.weight(row, slot);
      int better = 0;
      for (int other = 0; other < full.count(row); other++) {
        float rival = full.weight(row, other);
        better += rival > weight || (rival == weight && other < slot) ? 1 : 0;
      }
      return better < limit;
    }
  }

  /**
   * A base router over a layer from which some experts are left out. The built-in rules choose as
   * if those did not exist: they count neither for a softmax nor for their group, whatever their
   * bias. A caller's own router sees minus infinity for them, and the lowest finite float for what
   * remains and is lower or NaN; what it chooses all the same is taken out.
   *
   * @param experts ids that are never chosen
   * @param base the router to restrict
   */
  public record Without(Set<Integer> experts, Router base) implements RoutingRule {

    /** Copies the set. */
    public Without {
      experts = Set.copyOf(experts);
      Objects.requireNonNull(base);
    }

    @Override
    public int mostExperts() {
      return base.mostExperts();
    }

    @Override
    public boolean fits(int layerExperts) {
      return base instanceof RoutingRule rule
          && rule.fits(layerExperts)
          && remaining(layerExperts) > 0;
    }

    @Override
    public void route(RouterLogits logits, Routing routing) {
      if (remaining(logits.experts()) == 0) {
        throw new IllegalArgumentException(
            "layer %d: all %d experts are left out".formatted(logits.layer(), logits.experts()));
      }
      base.route(logits.without(experts), routing);
      for (int row = 0; row < logits.rows(); row++) {
        routing.remove(row, experts);
      }
    }

    private int remaining(int layerExperts) {
      int remaining = layerExperts;
      for (int expert : experts) {
        if (expert >= 0 && expert < layerExperts) {
          remaining--;
        }
      }
      return remaining;
    }
  }
}
