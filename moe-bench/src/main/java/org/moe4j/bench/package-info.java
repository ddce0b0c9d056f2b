/**
 * JMH benchmarks: operations of a device against plain memory read, the router, a MoE layer, whole
 * models.
 */
@NullMarked
package org.moe4j.bench;

import org.jspecify.annotations.NullMarked;
