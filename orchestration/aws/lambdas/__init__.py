"""The pipeline's Lambdas, one module with one `handler` each; they use boto3 and nothing else.

In their zip the modules that have a handler lie at the top; what they share keeps its package.
"""
