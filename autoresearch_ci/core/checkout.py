"""The step that checks a repository out, for workflows and remedies: one version, by its commit."""

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
