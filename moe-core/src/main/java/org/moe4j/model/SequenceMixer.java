// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

/** What exchanges information between the positions of a sequence, and the state it keeps. */
public sealed interface SequenceMixer permits Attention {}
