// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/** How keys and values of past tokens are stored. */
public enum CacheType {
  /** 4 bytes a value; what the reference implementations compute with. */
  F32,
  /** 2 bytes a value; the default. */
  F16,
  /** 34 bytes for each 32 values: 8-bit integers with a scale. */
  Q8_0
}
