// SPDX-License-Identifier: Apache-2.0
package org.moe4j.decode;

import org.moe4j.MixtureException;
import org.moe4j.Router;

/** The routers that the segments of one step use, and where their failures go. */
public interface StepRouters {

  /** Every segment uses the model's own routers, whose failures end the step. */
  StepRouters OWN =
      new StepRouters() {
        @Override
        public Router router(int segment, int layer, Router own) {
          return own;
        }

        @Override
        public void failed(int segment, MixtureException failure) {
          throw failure;
        }
      };

  /**
   * The router of a segment.
   *
   * @param segment index of the segment in the batch
   * @param layer index of the layer
   * @param own the model's router of that layer
   */
  Router router(int segment, int layer, Router own);

  /**
   * Told that a segment's router failed. Its rows are routed by the family's rule for the rest of
   * the step.
   *
   * @param segment index of the segment in the batch
   * @param failure what happened
   */
  void failed(int segment, MixtureException failure);
}
