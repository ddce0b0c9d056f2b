// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.model.ModelSpec;

/** How the files of one family are read. Stateless. */
@FunctionalInterface
interface Family {

  /**
   * Describes a model of this family.
   *
   * @param source its settings and tensors
   */
  ModelSpec map(Source source);
}
