// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * Chooses, for each row of router logits, the experts that run and the weight of each one's output.
 *
 * <p>A router is called with a range of rows of one layer; the rows of one call belong to one
 * request. It fills the {@link Routing} it is given: 1 to k distinct experts a row, each with a
 * finite weight. What it fills in is checked before anything uses it. The built-in rules ({@link
 * RoutingRule}) are values that can be read, compared and run by a device itself; any other
 * implementation runs on the host, in between two parts of a step.
 *
 * <p>Implementations are called by many threads and keep no reference to their arguments. One that
 * throws fails the request it was called for, nothing else.
 */
@FunctionalInterface
public interface Router {

  /**
   * Fills the routing of every row, {@code 0 <= row < logits.rows()}.
   *
   * @param logits router logits, one row a token; valid during the call only
   * @param routing empty on entry, with the same rows; must hold at least one expert in every row
   *     on return
   */
  void route(RouterLogits logits, Routing routing);

  /**
   * The most experts this router ever chooses for a row. Space for the routing is set aside
   * accordingly, at most the number of experts of the layer.
   */
  default int mostExperts() {
    return Integer.MAX_VALUE;
  }
}
