// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * A router that is a value: what it does follows from its components alone, equal ones route
 * equally, and a device may run it itself or once over the rows of several requests.
 *
 * <p>Every rule holds to the same contract, whatever the logits are. A row gets distinct experts,
 * best first, and as many as the rule chooses or the layer has. A NaN logit is taken as minus
 * infinity. Equal scores go to the lowest id. Every weight is finite; where a formula divides zero
 * by zero, the experts that it concerns share equally. Each row is routed for itself. A rule is
 * safe for concurrent use and works in the memory of the {@link Routing} that it fills.
 */
public sealed interface RoutingRule extends Router
    permits SoftmaxTopK, ScoredTopK, SparseMixer, Routers.AtMost, Routers.Without {

  /**
   * Whether the rule can route a layer of so many experts, that is whether {@link #route} will not
   * fail whatever the logits are. False for a wrapper around a caller's own router, of which nobody
   * knows.
   *
   * @param experts number of experts of the layer, at least 1
   */
  boolean fits(int experts);
}
