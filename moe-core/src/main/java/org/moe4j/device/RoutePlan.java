// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.moe4j.MixtureException;
import org.moe4j.Router;
import org.moe4j.RouterLogits;
import org.moe4j.Routing;

/**
 * Which router each range of rows of one layer and step uses. A device that can run a rule itself
 * reads {@link #ranges()}; {@link #apply} is the way that always works, on the host.
 */
public final class RoutePlan {

  private final int layer;
  private final Router fallback;
  private final List<Range> ranges;
  private final BiConsumer<Integer, MixtureException> failure;

  /**
   * Rows that share a router.
   *
   * @param segment index of the segment
   * @param from first row
   * @param to row after the last
   * @param router the router
   */
  public record Range(int segment, int from, int to, Router router) {}

  /**
   * Creates a plan.
   *
   * @param layer index of the layer
   * @param fallback the family's own rule, which routes the rows of a router that failed
   * @param ranges ranges in the order of rows that cover the batch
   * @param failure told the segment and the failure when a caller's router throws or leaves a row
   *     empty
   */
  public RoutePlan(
      int layer,
      Router fallback,
      List<Range> ranges,
      BiConsumer<Integer, MixtureException> failure) {
    this.layer = layer;
    this.fallback = fallback;
    this.ranges = List.copyOf(ranges);
    this.failure = failure;
  }

  /** Index of the layer. */
  public int layer() {
    return layer;
  }

  /** The ranges in the order of rows. */
  public List<Range> ranges() {
    return ranges;
  }

  /** The most experts that any of the routers chooses for a row. */
  public int mostExperts() {
    int most = fallback.mostExperts();
    for (Range range : ranges) {
      most = Math.max(most, range.router().mostExperts());
    }
    return most;
  }

  /**
   * Applies every range's router on the host. A router that throws or leaves a row empty fails its
   * segment; the rows are then routed by the family's own rule, so that the step can go on for
   * everybody else.
   *
   * @param logits router logits of the whole batch, row-major
   * @param experts number of experts
   * @param batch the batch
   * @param routing receives the routing of the whole batch
   */
  public void apply(float[] logits, int experts, Batch batch, Routing routing) {
    RouterLogits all = RouterLogits.of(layer, experts, logits, batch.tokens(), batch.positions());
    for (Range range : ranges) {
      RouterLogits rows = all.range(range.from(), range.to());
      Routing part = routing.range(range.from(), range.to());
      part.clear();
      try {
        range.router().route(rows, part);
        requireFull(part);
      } catch (RuntimeException e) {
        failure.accept(
            range.segment(),
            new MixtureException.Failed("router of layer " + layer + ": " + e.getMessage(), e));
        part.clear();
        fallback.route(rows, part);
      }
    }
  }

  private static void requireFull(Routing routing) {
    List<Integer> empty = new ArrayList<>();
    for (int row = 0; row < routing.rows(); row++) {
      if (routing.count(row) == 0) {
        empty.add(row);
      }
    }
    if (!empty.isEmpty()) {
      throw new IllegalArgumentException("chose no expert for rows " + empty);
    }
  }
}
