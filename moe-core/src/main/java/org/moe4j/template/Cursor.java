// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import org.jspecify.annotations.Nullable;

/**
 * A lazy sequence that is read once. Elements are computed when they are asked for, which a
 * template can observe through a namespace; as a value it is a generator: true, without length,
 * printed as an opaque object.
 */
interface Cursor {

  /** The next element, or null after the last one. */
  @Nullable Object next();
}
