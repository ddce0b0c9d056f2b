/** The {@code moe4j} command: one class for each subcommand, over the public API. */
@NullMarked
package org.moe4j.cli;

import org.jspecify.annotations.NullMarked;
