"""What runs inside a sandbox: standard library only, Python 3.9 or newer, importing nothing of the harness.

`harness.sandbox.resident` hands these modules as text to the python3 of the sandbox, whatever the image.
"""
