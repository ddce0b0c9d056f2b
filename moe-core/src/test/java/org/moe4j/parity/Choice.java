// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;

/**
 * What a router chose for one position.
 *
 * @param experts ids, the best first
 * @param weights what the experts' outputs are multiplied by; single-precision values
 */
record Choice(ImmutableIntArray experts, ImmutableDoubleArray weights) {}
