"""Where documents come from when a schedule asks for them: sources.toml and everything it can name.

In: sources.toml and what is remembered of earlier looks. Out: `Source`s for the pipeline, and what
could not be looked at. What a document says, and whether it has to be read, is not decided here.
"""
