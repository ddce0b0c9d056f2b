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
  public record AtMost(int limit, Router base, boolean renormalise) implements Router {

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
    public void route(RouterLogits logits, Routing routing) {
      Routing full = Routing.allocate(logits.rows(), base.mostExperts(), logits.experts());
      base.route(logits, full);
      boolean[] kept = new boolean[full.slots()];
      for (int row = 0; row < logits.rows(); row++) {
        int count = full.count(row);
        double before = 0;
        for (int slot = 0; slot < count; slot++) {
          before += full.weight(row, slot);
        }
        double after = keepHighest(full, row, kept);
        // Weights that cancel out have no share to scale to; they stay as they are.
        double scale = renormalise && after != 0 ? before / after : 1;
        for (int slot = 0; slot < count; slot++) {
          if (kept[slot]) {
            routing.add(row, full.expert(row, slot), (float) (full.weight(row, slot) * scale));
          }
        }
      }
    }

    /** Marks the slots with the highest weights and returns their sum. */
    private double keepHighest(Routing full, int row, boolean[] kept) {
      int count = full.count(row);
      java.util.Arrays.fill(kept, false);
      double sum = 0;
      for (int taken = 0; taken < Math.min(limit, count); taken++) {
        int best = -1;
        for (int slot = 0; slot < count; slot++) {
          if (!kept[slot] && (best < 0 || full.weight(row, slot) > full.weight(row, best))) {
            best = slot;
          }
        }
        kept[best] = true;
        sum += full.weight(row, best);
      }
      return sum;
    }
  }

  /**
   * A base router over a layer from which some experts are left out. It sees minus infinity for
   * them, and for a NaN the lowest finite logit, so that whatever remains ranks above what is left
   * out.
   *
   * @param experts ids that are never chosen
   * @param base the router to restrict
   */
  public record Without(Set<Integer> experts, Router base) implements Router {

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
    public void route(RouterLogits logits, Routing routing) {
      int width = logits.experts();
      boolean[] out = new boolean[width];
      int remaining = width;
      for (int expert : experts) {
        if (expert >= 0 && expert < width) {
          out[expert] = true;
          remaining--;
        }
      }
      if (remaining == 0) {
        throw new IllegalArgumentException(
            "layer %d: all %d experts are left out".formatted(logits.layer(), width));
      }
      float[] masked = new float[Math.multiplyExact(logits.rows(), width)];
      for (int row = 0; row < logits.rows(); row++) {
        for (int expert = 0; expert < width; expert++) {
          float logit = logits.get(row, expert);
          masked[row * width + expert] =
              out[expert]
                  ? Float.NEGATIVE_INFINITY
                  : Float.isNaN(logit) ? -Float.MAX_VALUE : Math.max(logit, -Float.MAX_VALUE);
        }
      }
      Routing full = Routing.allocate(logits.rows(), base.mostExperts(), width);
      base.route(logits.with(masked), full);
      for (int row = 0; row < logits.rows(); row++) {
        for (int slot = 0; slot < full.count(row); slot++) {
          if (!out[full.expert(row, slot)]) {
            routing.add(row, full.expert(row, slot), full.weight(row, slot));
          }
        }
      }
    }
  }
}
