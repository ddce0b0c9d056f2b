/**
 * MoE4J and other engines side by side on the same files, each in a process of its own, in turn.
 * Started through {@link org.moe4j.bench.peers.SideBySide}.
 */
@NullMarked
package org.moe4j.bench.peers;

import org.jspecify.annotations.NullMarked;
